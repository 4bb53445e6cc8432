import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ledgerLimits } from '../../../src/core/budget/limits.ts';
import { calendarPace, isPacing, paced, rollingPace } from '../../../src/core/budget/pacing.ts';
import { hourMs, windowEnd, windowStart } from '../../../src/core/budget/windows.ts';
import type { LedgerLimit } from '../../../src/core/ports.ts';
import { inZone } from '../../support/zone.ts';

/** A call as a ledger knows it: held until it is settled. */
interface Call {
  readonly asked: number;
  readonly cost: number;
  readonly settlesAt: number;
}

/** What the ledger decides: settled since the limit's moment + held + asked is within the limit, and within its pace by now. */
function admits(limits: readonly LedgerLimit[], calls: readonly Call[], asked: number, now: number): boolean {
  return limits.every(({ limit, since, pace }) => {
    const settled = calls.filter(({ settlesAt }) => settlesAt <= now && settlesAt >= since);
    const held = calls.filter(({ settlesAt }) => settlesAt > now);
    const all = sum(settled.map(({ cost }) => cost)) + sum(held.map((call) => call.asked)) + asked;
    return all <= Math.min(limit, pace?.allowed ?? limit);
  });
}
const sum = (amounts: readonly number[]): number => amounts.reduce((a, b) => a + b, 0);

const limitOf = (window: 'hour' | 'day', limit: number, now: number): LedgerLimit => ({
  ...{ name: window, resource: 'usd', scope: 'user', key: 'user', window, limit },
  since: windowStart(window, now),
  until: windowEnd(window, now),
});

const budget = 1_000_000;
const step = fc.record({
  wait: fc.oneof(fc.nat(1000), fc.nat(10 * 60_000), fc.nat(2 * hourMs)),
  asked: fc.oneof(fc.nat(budget / 10), fc.integer({ min: 1, max: budget })),
  /** Of what was asked. */
  cost: fc.double({ min: 0, max: 1, noNaN: true }),
  takes: fc.oneof(fc.nat(1000), fc.nat(hourMs)),
});
const bursts = fc.constantFrom(0.01, 0.1, 0.25, 0.3, 0.5, 0.99, 1);

/** All calls that got in of a history of calls that tried to, in the order in which they settle. */
function play(
  window: 'hour' | 'day',
  burst: number,
  from: number,
  steps: readonly { wait: number; asked: number; cost: number; takes: number }[],
): readonly Call[] {
  const calls: Call[] = [];
  let now = from;
  for (const { wait, asked, cost, takes } of steps) {
    now += wait;
    if (!admits(paced(limitOf(window, budget, now), burst, now, asked), calls, asked, now)) continue;
    calls.push({ asked, cost: Math.floor(asked * cost), settlesAt: now + takes });
  }
  return calls.toSorted((a, b) => a.settlesAt - b.settlesAt);
}

describe('pacing', () => {
  it('of an hour lets no stretch of time see more than the burst (or its largest call) and the rate', () => {
    fc.assert(
      fc.property(bursts, fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), (burst, steps) => {
        const calls = play('hour', burst, 0, steps);
        calls.forEach((first, at) => {
          let spent = 0;
          let largest = burst * budget;
          for (const call of calls.slice(at)) {
            spent += call.cost;
            largest = Math.max(largest, call.asked);
            const allowed = largest + (budget / hourMs) * (call.settlesAt - first.settlesAt);
            assert.ok(spent <= allowed + 1, `${spent} of ${allowed} in ${call.settlesAt - first.settlesAt} ms`);
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  it('of an hour lets all of it be used within an hour, burst by burst, after it was idle', () => {
    for (const burst of [0.01, 0.1, 0.25, 0.3, 0.5, 0.99, 1]) {
      const calls: Call[] = [];
      const size = Math.floor(burst * budget);
      let left = budget;
      let now = 0;
      for (; left > 0; now += Math.floor(burst * hourMs) + 1) {
        const asked = Math.min(size, left);
        assert.ok(admits(paced(limitOf('hour', budget, now), burst, now, asked), calls, asked, now), `${burst}`);
        calls.push({ asked, cost: asked, settlesAt: now });
        const more = admits(paced(limitOf('hour', budget, now), burst, now, 1), calls, 1, now);
        assert.ok(!more, 'and no more at once');
        left -= asked;
      }
      assert.ok(calls.at(-1)?.settlesAt !== undefined && (calls.at(-1)?.settlesAt ?? 0) < hourMs);
    }
  });

  it('of a day lets no more pass by any moment than the burst and the share of the day that is over (or one call)', () => {
    inZone('Europe/Berlin', () => {
      const [start, end] = [Date.parse('2026-10-24T22:00Z'), Date.parse('2026-10-25T23:00Z')];
      fc.assert(
        fc.property(bursts, fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), (burst, steps) => {
          let spent = 0;
          let largest = 0;
          for (const { asked, cost, settlesAt } of play('day', burst, start, steps)) {
            if (settlesAt >= end) break;
            spent += cost;
            largest = Math.max(largest, asked);
            const share = burst + ((1 - burst) * (settlesAt - start)) / (end - start);
            assert.ok(spent <= Math.max(share * budget, largest) + 1 && spent <= budget);
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  it('of a day goes by its real length: half of a DST night’s day is over at its half, and all of it can be used by its end', () => {
    const allowed = (at: string): number | undefined => {
      const now = Date.parse(at);
      return paced(limitOf('day', 1000, now), 0.5, now, 0)[0]?.pace?.allowed;
    };
    inZone('Europe/Berlin', () => {
      assert.equal(allowed('2026-03-28T23:00Z'), 500);
      assert.equal(allowed('2026-03-29T10:30Z'), 750, 'after 11.5 of 23 hours');
      assert.equal(allowed('2026-03-29T21:59:59.999Z'), 999);
      assert.equal(allowed('2026-10-25T10:30Z'), 750, 'after 12.5 of 25 hours');
      assert.equal(allowed('2026-06-17T10:00Z'), 750, 'after 12 of 24 hours');
    });
    const whole = { limit: 1000, burst: 0.25, start: 0, end: 1000, asked: 0 };
    assert.deepEqual(calendarPace({ ...whole, now: 1000 }), { allowed: 1000, perMs: 0.75 });
    // A clock that was set back or forward beyond the window gives neither less than the burst nor more than the limit.
    assert.equal(calendarPace({ ...whole, now: -500 }).allowed, 250);
    assert.equal(calendarPace({ ...whole, now: 5000 }).allowed, 1000);
  });

  it('lets a call that is larger than the burst pass, alone, and none that is larger than the limit', () => {
    const large = rollingPace({ limit: 1000, burst: 0.1, asked: 400 });
    assert.deepEqual(large, { lengthMs: 0.4 * hourMs, pace: { allowed: 400, perMs: 1000 / hourMs } });
    assert.equal(rollingPace({ limit: 1000, burst: 0.1, asked: 4000 }).pace.allowed, 1000);
    const day = { limit: 1000, burst: 0.1, start: 0, end: 1000, now: 0 };
    assert.equal(calendarPace({ ...day, asked: 400 }).allowed, 400);
    assert.equal(calendarPace({ ...day, asked: 4000 }).allowed, 1000);
  });

  it('is for the money of an hour and a day, in every scope, and only if it is turned on', () => {
    const now = Date.UTC(2026, 5, 17, 12);
    const amounts = { usd: 1, tokens: 9 };
    const models = { 'gpt*': { ...amounts, windows: { hour: amounts, day: amounts, week: amounts } } };
    const windows = (['hour', 'day', 'week'] as const).flatMap((window) =>
      (['usd', 'tokens'] as const).map((resource) => ({ scope: 'user' as const, window, resource, limit: 2 })),
    );
    const sources = { file: {}, settings: { models }, defaults: amounts, run: {}, windows };
    const subject = { runId: 'r', taskId: 't', agent: 'a', model: 'gpt-5', workspace: '/w', nusd: 1 };
    const spread = ledgerLimits({ ...sources, burst: 0.25 }, subject, now).filter(({ pace }) => pace !== undefined);
    assert.deepEqual(
      spread.map((limit) => [limit.name, limit.resource, limit.window, limit.limit, limit.pace?.allowed]),
      [
        ['hour (pacing)', 'usd', 'hour', 2e9, 5e8],
        ['day', 'usd', 'day', 2e9, calendarPace({ ...dayOf(now), limit: 2e9, burst: 0.25, now, asked: 1 }).allowed],
        ['gpt* (pacing)', 'usd', 'hour', 1e9, 25e7],
        ['gpt*', 'usd', 'day', 1e9, calendarPace({ ...dayOf(now), limit: 1e9, burst: 0.25, now, asked: 1 }).allowed],
      ],
    );
    assert.deepEqual(
      spread.filter(isPacing).map(({ since }) => since),
      [now - hourMs / 4, now - hourMs / 4],
    );
    assert.ok(ledgerLimits(sources, subject, now).every((limit) => limit.pace === undefined && !isPacing(limit)));
  });
});

function dayOf(now: number): { readonly start: number; readonly end: number } {
  return { start: windowStart('day', now), end: windowEnd('day', now) ?? 0 };
}
