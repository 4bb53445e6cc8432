import assert from 'node:assert/strict';
import { checkResources, budgetUses } from '../../../src/core/budget/meter.ts';
import { Overrides } from '../../../src/core/budget/overrides.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import { noCost, type BudgetRef } from '../../../src/protocol/rows.ts';
import { countingIds, fakeClock } from '../../support/fake-clock.ts';
import { memoryLedger } from '../../support/memory-ledger.ts';

const budget: BudgetRef = { name: 'run', resource: 'mem_bytes', scope: 'run', key: 'r', window: 'lifetime' };

describe('Overrides', () => {
  it('are for exactly one budget, shared through the ledger, told, and over when their time is', async () => {
    const clock = fakeClock();
    const ledger = memoryLedger();
    const events: CoreEvent[] = [];
    const open = (): Overrides =>
      new Overrides({ ledger, clock, ids: countingIds(), observe: (event) => void events.push(event) });
    const [mine, theirs] = [open(), open()];
    await mine.set(budget, 100, clock.now() + 1000);
    assert.equal(mine.of(budget)?.limit, 100);
    assert.equal(theirs.of(budget), null);
    await theirs.read();
    assert.equal(theirs.of(budget)?.limit, 100);
    for (const change of [{ name: 'task' }, { resource: 'usd' }, { scope: 'task' }, { key: 's' }, { window: 'day' }]) {
      assert.equal(mine.of({ ...budget, ...change } as BudgetRef), null, JSON.stringify(change));
    }
    assert.deepEqual(
      events.map((event) => (event.type === 'budget_overridden' ? event.override.limit : event.type)),
      [100],
    );
    await clock.advance(1000);
    assert.equal(mine.of(budget), null);
  });

  it('hold for what is measured: the check and the figures', async () => {
    const overrides = new Overrides({
      ledger: memoryLedger(),
      clock: fakeClock(),
      ids: countingIds(),
      observe: () => undefined,
    });
    const limit = { name: 'run', resource: 'mem_bytes', scope: 'run', limit: 10 } as const;
    const cost = { ...noCost, memBytes: 15 };
    const used = { runId: 'r', taskId: 't', run: cost, task: cost };
    const check = (): void => checkResources([limit], used, () => overrides.of(budget)?.limit ?? limit.limit);
    assert.throws(check, { code: 'BUDGET_EXCEEDED' });
    await overrides.set(budget, 20, null);
    check();
    const [use] = budgetUses([], [limit], used, (of) => overrides.of(of));
    assert.deepEqual([use?.limit, use?.used, use?.ratio, use?.overridden], [20, 15, 0.75, { limit: 10, until: null }]);
    await overrides.set(budget, 14, null);
    assert.throws(check, { message: /over its budget of 14 mem_bytes/ });
  });
});
