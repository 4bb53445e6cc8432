import assert from 'node:assert/strict';
import { hold } from '../../../src/core/budget/holds.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import type { Admission, Ask, Ledger, LedgerLimit, Settlement } from '../../../src/core/ports.ts';
import { noTokens } from '../../../src/protocol/rows.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const limit: LedgerLimit = {
  name: 'run',
  resource: 'usd',
  scope: 'run',
  key: 'r',
  window: 'lifetime',
  limit: 1e9,
  since: 0,
  until: null,
};
const ask: Ask = {
  callId: 'c',
  runtimeId: 'rt',
  runId: 'r',
  taskId: 't',
  agent: 'haios',
  role: 'executor',
  model: 'm',
  workspace: null,
  nusd: 4e8,
  tokens: 10,
  at: 0,
  traceId: 'x',
  spanId: 'y',
};
const settlement: Settlement = {
  tokens: noTokens,
  nusd: 1,
  pricing: 'priced',
  estimated: false,
  rates: [],
  priceSource: null,
  responseModel: null,
  serviceTier: null,
  at: 0,
};
const inForce = { limit: limit.limit, override: null, freesAt: null };
const never = new AbortController().signal;

function ledgerOf(admissions: Admission[]): { ledger: Ledger; told: string[] } {
  const told: string[] = [];
  const say = (word: string) => async (): Promise<void> => void told.push(word);
  const ledger: Ledger = {
    admit: async () => admissions.shift() ?? { kind: 'admitted' },
    sent: say('sent'),
    settle: say('settle'),
    release: say('release'),
    use: async () => [],
    call: async () => null,
    override: say('override'),
    overrides: async () => [],
  };
  return { ledger, told };
}

describe('hold', () => {
  const deps = (ledger: Ledger, clock = fakeClock(), events: CoreEvent[] = []) => ({
    ledger,
    clock,
    observe: (event: CoreEvent) => void events.push(event),
    waitMs: 1000,
  });

  it('refuses at once what can never fit, with the budget and its figures', async () => {
    const events: CoreEvent[] = [];
    const { ledger } = ledgerOf([{ kind: 'refused', limit, use: { settled: 7e8, held: 1e8, ...inForce } }]);
    await assert.rejects(hold(ask, [limit], never, deps(ledger, fakeClock(), events)), {
      code: 'BUDGET_EXCEEDED',
      message:
        'The run budget “run” of $1.00 does not allow this call: $0.70 is spent, $0.10 is held by running calls, and the call may cost up to $0.40. Raise the budget and resume the run.',
    });
    assert.deepEqual(events, [{ type: 'budget_refused', name: 'run', resource: 'usd', scope: 'run', runId: 'r' }]);
  });

  it('waits for what others hold, then goes on', async () => {
    const clock = fakeClock();
    const waiting: Admission = { kind: 'wait', limit, use: { settled: 0, held: 9e8, ...inForce } };
    const { ledger } = ledgerOf([waiting, waiting, { kind: 'admitted' }]);
    const held = hold(ask, [limit], never, deps(ledger, clock));
    await clock.advance(200);
    await (await held).release();
    assert.equal(clock.pending(), 0);
  });

  it('waits no longer than it may', async () => {
    const clock = fakeClock();
    const { ledger } = ledgerOf(
      Array.from({ length: 100 }, (): Admission => ({
        kind: 'wait',
        limit,
        use: { settled: 0, held: 9e8, ...inForce },
      })),
    );
    const outcome = assert.rejects(hold(ask, [limit], never, deps(ledger, clock)), { code: 'BUDGET_EXCEEDED' });
    await clock.advance(1100);
    await outcome;
  });

  it('stops waiting when the call is cancelled', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const { ledger } = ledgerOf([{ kind: 'wait', limit, use: { settled: 0, held: 9e8, ...inForce } }]);
    const outcome = assert.rejects(hold(ask, [limit], controller.signal, deps(ledger, clock)), /enough/);
    await clock.advance(10);
    controller.abort(new Error('enough'));
    await outcome;
    assert.equal(clock.pending(), 0);
  });

  it('settles or releases once; what was sent is never released', async () => {
    const { ledger, told } = ledgerOf([]);
    const first = await hold(ask, [], never, deps(ledger));
    await first.release();
    await first.release();
    await first.settle(settlement);
    const second = await hold(ask, [], never, deps(ledger));
    await second.sent();
    await second.release();
    await second.settle(settlement);
    await second.settle(settlement);
    assert.deepEqual(told, ['release', 'sent', 'settle']);
  });
});
