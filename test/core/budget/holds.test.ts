import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hold } from '../../../src/core/budget/holds.ts';
import { Waker } from '../../../src/core/budget/waker.ts';
import { HaiosError, isHaiosError } from '../../../src/core/errors.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import type { Admission, Ask, Ledger, LedgerLimit, Settlement } from '../../../src/core/ports.ts';
import { noTokens } from '../../../src/protocol/rows.ts';
import { fakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { memoryLedger } from '../../support/memory-ledger.ts';

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

/** A ledger that answers admissions as it is told and says what else it was asked. */
function ledgerOf(admissions: Admission[]): { ledger: Ledger; told: string[]; asked: () => number } {
  const told: string[] = [];
  let asked = 0;
  const say = (word: string) => async (): Promise<void> => void told.push(word);
  const ledger: Ledger = {
    admit: async () => {
      asked += 1;
      return admissions.shift() ?? { kind: 'admitted' };
    },
    sent: say('sent'),
    settle: say('settle'),
    release: say('release'),
    use: async () => [],
    call: async () => null,
    override: say('override'),
    overrides: async () => [],
  };
  return { ledger, told, asked: () => asked };
}

const waiting: Admission = { kind: 'wait', limit, use: { settled: 0, held: 9e8, ...inForce } };
const always = (admission: Admission): Admission[] => Array.from({ length: 1000 }, () => admission);

function depsOf(ledger: Ledger, clock: FakeClock = fakeClock(), events: CoreEvent[] = []) {
  const waker = new Waker(clock);
  return { ledger, clock, observe: (event: CoreEvent) => void events.push(event), waker, waitMs: 1000 };
}

describe('hold', () => {
  it('refuses at once what can never fit, with the budget and its figures; nothing is kept that must be given up', async () => {
    const events: CoreEvent[] = [];
    const refused: Admission = { kind: 'refused', limit, use: { settled: 7e8, held: 1e8, ...inForce } };
    const { ledger, told } = ledgerOf([refused]);
    await assert.rejects(
      hold(ask, () => [limit], never, depsOf(ledger, fakeClock(), events)),
      {
        code: 'BUDGET_EXCEEDED',
        message:
          'The run budget “run” of $1.00 does not allow this call: $0.70 is spent, $0.10 is held by running calls, and the call may cost up to $0.40. It does not free up by itself. Raise the budget and resume the run.',
        details: { limit, use: refused.use, asked: 4e8, kind: 'refused', freesAt: null },
      },
    );
    assert.deepEqual(events, [{ type: 'budget_refused', name: 'run', resource: 'usd', scope: 'run', runId: 'r' }]);
    assert.deepEqual(told, []);
  });

  it('waits for what other processes hold by asking again, then goes on', async () => {
    const clock = fakeClock();
    const { ledger, told } = ledgerOf([waiting, waiting]);
    const deps = depsOf(ledger, clock);
    const held = hold(ask, () => [limit], never, deps);
    await clock.advance(200);
    await (await held).release();
    assert.deepEqual([clock.pending(), deps.waker.waiting, told], [0, 0, ['release']]);
  });

  it('asks again as soon as a call of this process settles or is released, in no time', async () => {
    for (const end of ['settle', 'release'] as const) {
      const clock = fakeClock();
      const { ledger } = ledgerOf([{ kind: 'admitted' }, waiting]);
      const deps = depsOf(ledger, clock);
      const first = await hold(ask, () => [limit], never, deps);
      const second = hold({ ...ask, callId: 'd' }, () => [limit], never, deps);
      await clock.advance(0);
      assert.equal(deps.waker.waiting, 1);
      await (end === 'settle' ? first.settle(settlement) : first.release());
      assert.equal((await second).nusd, ask.nusd);
      assert.equal(clock.pending(), 0);
    }
  });

  it('waits no longer than it may, and gives its place up', async () => {
    const clock = fakeClock();
    const { ledger, told } = ledgerOf(always(waiting));
    const deps = depsOf(ledger, clock);
    const outcome = assert.rejects(
      hold(ask, () => [limit], never, deps),
      {
        code: 'BUDGET_EXCEEDED',
        message: /\$0\.90 is held by running calls, .* It frees up when running calls end\. Raise/,
      },
    );
    await clock.advance(1000);
    await outcome;
    assert.deepEqual([clock.pending(), deps.waker.waiting, told], [0, 0, ['release']]);
  });

  it('sleeps until its pace allows it, without asking all the while', async () => {
    const clock = fakeClock();
    const paced: LedgerLimit = { ...limit, window: 'day', pace: { allowed: 2e8, perMs: 1 } };
    const freesAt = clock.now() + 800;
    const { ledger, asked } = ledgerOf([
      { kind: 'wait', limit: paced, use: { settled: 0, held: 0, ...inForce, freesAt } },
    ]);
    const held = hold(ask, () => [paced], never, depsOf(ledger, clock));
    await clock.advance(799);
    assert.equal(asked(), 1);
    await clock.advance(1);
    await (await held).release();
  });

  it('a pace that allows it later than the call may wait is refused at once, with the moment', async () => {
    const clock = fakeClock(new Date(2026, 10, 25, 16, 0).getTime());
    const paced: LedgerLimit = {
      ...limit,
      name: 'day',
      scope: 'user',
      window: 'day',
      pace: { allowed: 2e8, perMs: 1 },
    };
    const freesAt = new Date(2026, 10, 25, 16, 39, 30).getTime();
    const { ledger, told } = ledgerOf([
      { kind: 'wait', limit: paced, use: { settled: 0, held: 0, ...inForce, freesAt } },
    ]);
    await assert.rejects(
      hold(ask, () => [paced], never, depsOf(ledger, clock)),
      (error: unknown) => {
        assert.ok(isHaiosError(error, 'BUDGET_EXCEEDED'));
        assert.equal(error.details['freesAt'], freesAt);
        assert.match(
          error.message,
          /“day” of \$1\.00 per day, \$0\.20 of it by now, does not .* It frees up at 16:40\. /,
        );
        return true;
      },
    );
    assert.deepEqual([clock.pending(), told], [0, ['release']]);
  });

  it('stops waiting when the call is cancelled, and gives its place up', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const { ledger, told } = ledgerOf(always(waiting));
    const deps = depsOf(ledger, clock);
    const outcome = assert.rejects(
      hold(ask, () => [limit], controller.signal, deps),
      /enough/,
    );
    await clock.advance(10);
    controller.abort(new Error('enough'));
    await outcome;
    assert.deepEqual([clock.pending(), deps.waker.waiting, told], [0, 0, ['release']]);
  });

  it('the next in line asks when one that was cancelled leaves, though only the head of a line asks again', async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    const { ledger, asked } = ledgerOf(always(waiting));
    const deps = { ...depsOf(ledger, clock), waitMs: 10_000 };
    const outcomes = Array.from({ length: 100 }, (_, n) =>
      hold({ ...ask, callId: `c${n}` }, () => [limit], controller.signal, deps).catch((error: unknown) => error),
    );
    await clock.advance(0);
    assert.deepEqual([asked(), deps.waker.waiting], [100, 100]);
    await clock.advance(60);
    assert.ok(asked() <= 100 + 2 * 8, `${asked()} admissions were asked for`);
    controller.abort(new Error('enough'));
    assert.equal((await Promise.all(outcomes)).length, 100);
    assert.deepEqual([clock.pending(), deps.waker.waiting], [0, 0]);
  });

  it('trap: reservation leaked on cancel, giving a false exceeded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ nusd: fc.integer({ min: 1, max: 9e8 }), cancelAt: fc.option(fc.nat(12)) }), {
          minLength: 1,
          maxLength: 12,
        }),
        async (calls) => {
          const clock = fakeClock();
          const memory = memoryLedger();
          const steps = stepsOf(memory);
          const deps = { ...depsOf(steps.ledger, clock), waitMs: 500 };
          const work = calls.map(async ({ nusd, cancelAt }, n) => {
            const controller = new AbortController();
            if (cancelAt !== null) steps.at(`c${n}`, cancelAt, () => controller.abort(new Error('cancelled')));
            const held = await hold({ ...ask, callId: `c${n}`, nusd }, () => [limit], controller.signal, deps);
            try {
              await held.sent();
            } catch (error) {
              await held.release();
              throw error;
            }
            await new Promise<void>((resolve) => clock.after(100, resolve));
            await held.settle({ ...settlement, nusd: Math.min(1, nusd) });
          });
          let ended = false;
          void Promise.allSettled(work).then(() => (ended = true));
          for (let n = 0; !ended; n += 1) {
            assert.ok(n < 200, 'a call neither ends nor fails');
            await clock.advance(50);
            await new Promise((resolve) => setImmediate(resolve));
          }
          assert.deepEqual([memory.held.size, deps.waker.waiting, clock.pending()], [0, 0, 0]);
          // What is left fits whole.
          const rest = { ...limit, limit: limit.limit };
          await (await hold({ ...ask, callId: 'after', nusd: 9e8 }, () => [rest], never, deps)).release();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('what was cancelled between admission and sending is not sent, and can be released', async () => {
    const controller = new AbortController();
    const { ledger, told } = ledgerOf([]);
    const held = await hold(ask, () => [], controller.signal, depsOf(ledger));
    controller.abort(new Error('enough'));
    await assert.rejects(held.sent(), /enough/);
    await held.release();
    assert.deepEqual(told, ['release']);
  });

  it('an error while it is marked as sent leaves it to be released', async () => {
    const { ledger, told } = ledgerOf([]);
    const broken: Ledger = { ...ledger, sent: () => Promise.reject(new HaiosError('LEDGER_UNAVAILABLE', 'full')) };
    const held = await hold(ask, () => [], never, depsOf(broken));
    await assert.rejects(held.sent(), { code: 'LEDGER_UNAVAILABLE' });
    await held.release();
    assert.deepEqual(told, ['release']);
  });

  it('settles or releases once; what was sent is never released', async () => {
    const { ledger, told } = ledgerOf([]);
    const first = await hold(ask, () => [], never, depsOf(ledger));
    await first.release();
    await first.release();
    await first.settle(settlement);
    const second = await hold(ask, () => [], never, depsOf(ledger));
    await second.sent();
    await second.release();
    await second.settle(settlement);
    await second.settle(settlement);
    assert.deepEqual(told, ['release', 'sent', 'settle']);
  });
});

/** The ledger with a hook before and after each of a call's own operations, counted from 0. */
function stepsOf(of: Ledger): { ledger: Ledger; at: (callId: string, step: number, act: () => void) => void } {
  const acts = new Map<string, { left: number; act: () => void }>();
  const step = (callId: string): void => {
    const found = acts.get(callId);
    if (found !== undefined && found.left-- === 0) found.act();
  };
  const around = async <T>(callId: string, work: () => Promise<T>): Promise<T> => {
    step(callId);
    const result = await work();
    step(callId);
    return result;
  };
  return {
    at: (callId, left, act) => void acts.set(callId, { left, act }),
    ledger: {
      ...of,
      admit: (asked, limits) => around(asked.callId, () => of.admit(asked, limits)),
      sent: (callId) => around(callId, () => of.sent(callId)),
    },
  };
}
