import assert from 'node:assert/strict';
import type { WindowLimit } from '../../../src/core/config.ts';
import { ledgerLimits } from '../../../src/core/budget/limits.ts';
import { budgetUses } from '../../../src/core/budget/meter.ts';
import { readBudgets } from '../../../src/core/budget/read-budgets.ts';
import { hourMs } from '../../../src/core/budget/windows.ts';
import type { Ledger } from '../../../src/core/ports.ts';
import { noCost } from '../../../src/protocol/rows.ts';
import { Bench } from '../../storage/support/open.ts';
import { ask, settlement } from '../../storage/support/rows.ts';
import { inZone } from '../../support/zone.ts';

const windows = (['hour', 'day', 'week'] as const).map((window): WindowLimit => ({
  scope: 'user',
  window,
  resource: 'usd',
  limit: 1,
}));
/** The limits of $1 an hour, a day and a week as they are at a moment. */
const limitsAt = (now: number) =>
  ledgerLimits(
    { file: {}, settings: {}, defaults: {}, run: {}, windows },
    { runId: 'r', taskId: 't', agent: 'a', model: 'm', workspace: null },
    now,
  );
const cents = (nusd: number): number => nusd / 1e7;

describe('the windows of the ledger', () => {
  const bench = new Bench();
  after(() => bench.end());
  const thursday = Date.UTC(2026, 5, 18, 12);

  async function spend(ledger: Ledger, callId: string, nusd: number, at: number): Promise<string> {
    const limits = inZone('UTC', () => limitsAt(at));
    const admission = await ledger.admit(ask(callId, { nusd, at }), limits);
    if (admission.kind === 'admitted') await ledger.settle(callId, settlement(nusd, { at }));
    return admission.kind === 'admitted' ? 'admitted' : `${admission.kind} by ${admission.limit.name}`;
  }
  async function used(ledger: Ledger, at: number): Promise<readonly number[]> {
    const uses = await ledger.use(inZone('UTC', () => limitsAt(at)));
    return uses.map(({ settled }) => cents(settled));
  }

  it('trap: clock set back', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    assert.equal(await spend(ledger, 'a', 6e8, thursday), 'admitted');

    // By two hours: what was spent is stamped later than now, and counts in all windows all the same.
    const morning = thursday - 2 * hourMs;
    assert.deepEqual(await used(ledger, morning), [60, 60, 60]);
    assert.equal(await spend(ledger, 'b', 5e8, morning), 'refused by hour');

    // By a day: it counts to the day it was stamped in, and to the earlier one as well, so that nothing is spent twice.
    const wednesday = thursday - 24 * hourMs;
    assert.deepEqual(await used(ledger, wednesday), [60, 60, 60]);
    assert.equal(await spend(ledger, 'c', 5e8, wednesday), 'refused by hour');
    assert.equal(await spend(ledger, 'd', 3e8, wednesday), 'admitted');
    assert.deepEqual(await used(ledger, wednesday), [90, 90, 90]);
    assert.equal(await spend(ledger, 'e', 2e8, wednesday + hourMs + 1), 'refused by day');

    // Put right again: each day has what was stamped in it, the week has both.
    assert.deepEqual(await used(ledger, thursday), [60, 60, 90]);
    assert.equal(await spend(ledger, 'f', 2e8, thursday), 'refused by week');
    assert.equal(await spend(ledger, 'g', 1e8, thursday), 'admitted');
  });

  it('lose nothing when the zone changes under a process', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    // 03:00 in Tokyo, still the day before in Los Angeles.
    const now = Date.UTC(2026, 5, 17, 18);
    await spend(ledger, 'a', 5e8, now - 4 * hourMs);
    const day = async (zone: string): Promise<number> => {
      const uses = await ledger.use(inZone(zone, () => limitsAt(now)));
      return cents(uses[1]?.settled ?? 0);
    };
    assert.equal(await day('Asia/Tokyo'), 0);
    assert.equal(await day('America/Los_Angeles'), 50);
    assert.equal(await day('Asia/Tokyo'), 0);
  });

  it('tell when each budget ends at the pace of the last while', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    await spend(ledger, 'a', 2e8, thursday - 3 * hourMs);
    await spend(ledger, 'b', 3e8, thursday - 5 * 60_000);
    const limits = inZone('UTC', () => limitsAt(thursday));
    let asked = 0;
    const counting = {
      use: (of: Parameters<Ledger['use']>[0]) => {
        asked += 1;
        assert.equal(of.length, 4, 'the last while of three windows is one question');
        return ledger.use(of);
      },
    };
    const used = { runId: 'r', taskId: 't', run: noCost, task: noCost };
    const budgets = await readBudgets(counting, limits, thursday, (pairs) => budgetUses(pairs, [], used));
    assert.equal(asked, 1);
    // 30 cents in 15 minutes; 50 of 100 are left in the day and the week, 70 in the hour, which fills at the same pace.
    assert.deepEqual(Object.fromEntries(budgets.map(({ name, endsAt }) => [name, (endsAt ?? 0) - thursday])), {
      hour: 35 * 60_000,
      day: 25 * 60_000,
      week: 25 * 60_000,
    });
    const later = inZone('UTC', () => limitsAt(thursday + hourMs));
    const idle = await readBudgets(ledger, later, thursday + hourMs, (pairs) => budgetUses(pairs, [], used));
    assert.deepEqual(
      idle.map(({ endsAt }) => endsAt),
      [null, null, null],
    );
  });
});
