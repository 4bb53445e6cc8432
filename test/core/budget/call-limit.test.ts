import assert from 'node:assert/strict';
import { checkCall } from '../../../src/core/budget/call-limit.ts';
import type { BudgetBlock } from '../../../src/core/budget/limits.ts';
import { isHaiosError } from '../../../src/core/errors.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import type { OverrideRow } from '../../../src/protocol/rows.ts';
import { ask, at } from '../../storage/support/rows.ts';
import { agentHarness, assertClean } from '../../support/agent.ts';
import { memoryLedger } from '../../support/memory-ledger.ts';
import { scriptedModel } from '../../support/scripted-model.ts';

const sources = (file: BudgetBlock, settings: BudgetBlock = {}) => ({
  ...{ file, settings, defaults: {}, run: {}, windows: [] },
});
const call = ask('c', { nusd: 300_000_000, tokens: 900 });
const raised = (change: Partial<OverrideRow>): OverrideRow => ({
  ...{ overrideId: 'o', at, name: 'call', resource: 'usd', scope: 'call', key: 'run-1', window: 'lifetime' },
  ...{ limit: 300_000_000, until: null },
  ...change,
});

describe('the budget of one call', () => {
  it('lets a call pass up to it, and refuses one above it with its name and figures', async () => {
    const events: CoreEvent[] = [];
    const deps = { ledger: memoryLedger(), observe: (event: CoreEvent) => void events.push(event) };
    await checkCall(sources({}), call, deps);
    await checkCall(sources({ call: { usd: 0.3, tokens: 900 } }), call, deps);
    assert.equal(events.length, 0);
    await assert.rejects(checkCall(sources({ call: { usd: 0.4 } }, { call: { usd: 0.25 } }), call, deps), (error) => {
      assert.ok(isHaiosError(error, 'BUDGET_EXCEEDED'));
      assert.equal(
        error.message,
        'The call may cost up to $0.30, and budgets.call.usd allows $0.25 for one; it was not made. Raise budgets.call.usd and resume the run.',
      );
      const { limit, use, asked, kind } = error.details;
      assert.deepEqual(
        [limit, use, asked, kind],
        [
          {
            ...{ name: 'call', resource: 'usd', scope: 'call', key: 'run-1', window: 'lifetime' },
            ...{ limit: 250_000_000, since: 0, until: null },
          },
          { settled: 0, held: 0, limit: 250_000_000, override: null, freesAt: null },
          300_000_000,
          'refused',
        ],
      );
      return true;
    });
    await assert.rejects(checkCall(sources({ call: { tokens: 899 } }), call, deps), /budgets\.call\.tokens allows 899/);
    assert.deepEqual(
      events.map((event) => event.type === 'budget_refused' && [event.name, event.resource, event.scope, event.runId]),
      [
        ['call', 'usd', 'call', 'run-1'],
        ['call', 'tokens', 'call', 'run-1'],
      ],
    );
  });

  it('is what a person set in its place for the run, and for no other', async () => {
    const budget = sources({ call: { usd: 0.25 } });
    const check = async (...rows: readonly OverrideRow[]): Promise<void> => {
      const ledger = memoryLedger();
      for (const row of rows) await ledger.override(row);
      await checkCall(budget, call, { ledger, observe: () => undefined });
    };
    await check(raised({}));
    await assert.rejects(check(raised({ limit: 299_999_999 })), /budgets\.call\.usd allows \$0\.299999999/);
    await assert.rejects(check(raised({ key: 'run-2' })), { code: 'BUDGET_EXCEEDED' });
    await assert.rejects(check(raised({ resource: 'tokens' })), { code: 'BUDGET_EXCEEDED' });
    await assert.rejects(check(raised({ scope: 'run' })), { code: 'BUDGET_EXCEEDED' });
  });

  it('stops a run before anything is held or sent for the call', async () => {
    const model = scriptedModel([{ text: 'never' }], { maxOutputTokens: 4096 });
    const harness = agentHarness({ model, budget: { settings: { call: { tokens: 4096 } } } });
    const row = await harness.execute();
    assert.deepEqual(
      [row.status, row.error?.code, model.requests.length, harness.ledger.released],
      ['budget_exceeded', 'BUDGET_EXCEEDED', 0, []],
    );
    assertClean(harness);
  });
});
