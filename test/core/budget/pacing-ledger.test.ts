import assert from 'node:assert/strict';
import type { WindowLimit } from '../../../src/core/config.ts';
import { ledgerLimits } from '../../../src/core/budget/limits.ts';
import { hourMs, windowStart } from '../../../src/core/budget/windows.ts';
import type { Ledger } from '../../../src/core/ports.ts';
import { Bench } from '../../storage/support/open.ts';
import { ask, settlement } from '../../storage/support/rows.ts';

const usd = 1e9;
const windows: readonly WindowLimit[] = [
  { scope: 'user', window: 'hour', resource: 'usd', limit: 1 },
  { scope: 'user', window: 'day', resource: 'usd', limit: 4 },
];
const limitsAt = (now: number, nusd: number) =>
  ledgerLimits(
    { file: {}, settings: {}, defaults: {}, run: {}, windows, burst: 0.25 },
    { runId: 'r', taskId: 't', agent: 'a', model: 'm', workspace: null, nusd },
    now,
  );

describe('pacing in the ledger', () => {
  const bench = new Bench();
  after(() => bench.end());
  const midnight = windowStart('day', Date.UTC(2026, 5, 18, 12));

  async function spend(ledger: Ledger, callId: string, nusd: number, now: number): Promise<unknown> {
    const admission = await ledger.admit(ask(callId, { nusd, at: now }), limitsAt(now, nusd));
    if (admission.kind === 'admitted') await ledger.settle(callId, settlement(nusd, { at: now }));
    else await ledger.release(callId);
    if (admission.kind === 'admitted') return 'admitted';
    const { kind, limit, use } = admission;
    // A day's pace says to the millisecond when it has come so far.
    return limit.window === 'day' ? [kind, limit.name, ((use.freesAt ?? 0) - now) / 60_000] : [kind, limit.name];
  }

  it('lets a burst pass, then waits for its time, and lets all of an hour pass in an hour', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    const noon = midnight + 12 * hourMs;
    assert.equal(await spend(ledger, 'a', 0.25 * usd, noon), 'admitted');
    assert.deepEqual(await spend(ledger, 'b', 0.1 * usd, noon + 60_000), ['wait', 'hour (pacing)']);
    assert.deepEqual(await spend(ledger, 'c', 0.1 * usd, noon + 15 * 60_000), ['wait', 'hour (pacing)']);
    for (const quarter of [1, 2, 3]) {
      assert.equal(await spend(ledger, `q${quarter}`, 0.25 * usd, noon + quarter * (15 * 60_000 + 1)), 'admitted');
    }
    // The hour is used up: this is refused, and not only held back.
    assert.deepEqual(await spend(ledger, 'd', 0.1 * usd, noon + hourMs - 1), ['refused', 'hour']);
  });

  it('of a day holds back what is ahead of it, says for how long, and lets it pass then', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    // $1 at once and $0.125 an hour from then on.
    for (const at of [0, 1, 2, 3]) {
      assert.equal(await spend(ledger, `a${at}`, 0.25 * usd, midnight + at * (15 * 60_000 + 1)), 'admitted');
    }
    const two = midnight + 2 * hourMs;
    assert.equal(await spend(ledger, 'b', 0.25 * usd, two), 'admitted');
    assert.deepEqual(await spend(ledger, 'c', 0.125 * usd, two + hourMs / 2), ['wait', 'day', 30]);
    assert.equal(await spend(ledger, 'd', 0.125 * usd, two + hourMs), 'admitted');
  });

  it('lets a call that is larger than the burst pass alone', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    const noon = midnight + 12 * hourMs;
    assert.equal(await spend(ledger, 'a', 0.01 * usd, noon), 'admitted');
    assert.deepEqual(await spend(ledger, 'b', 0.6 * usd, noon + 30 * 60_000), ['wait', 'hour (pacing)']);
    assert.equal(await spend(ledger, 'c', 0.6 * usd, noon + 36 * 60_000 + 1), 'admitted');
  });
});
