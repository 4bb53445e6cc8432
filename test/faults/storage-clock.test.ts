import assert from 'node:assert/strict';
import { Bench } from '../storage/support/open.ts';
import { ask, at, limit, settlement, use } from '../storage/support/rows.ts';

const hour = 3_600_000;
const day = 24 * hour;

describe('faults 6: the clock jumps', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('a window counts what was settled since its start, whichever way the clock went between', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    const spend = async (callId: string, moment: number, nusd: number): Promise<void> => {
      await ledger.admit(ask(callId, { at: moment }), []);
      await ledger.settle(callId, settlement(nusd, { at: moment }));
    };
    const rolling = async (now: number): Promise<number> =>
      (await ledger.use([limit(1, { window: 'hour', since: now - hour })]))[0]?.settled ?? -1;
    await spend('a', at, 1);
    assert.equal(await rolling(at), 1);
    await spend('ahead', at + day, 10);
    assert.equal(await rolling(at + day), 10);
    await spend('back', at + hour / 2, 100);
    assert.equal(
      await rolling(at + hour / 2),
      111,
      'a settlement from a clock that was ahead still counts: never less than was spent',
    );
    await spend('behind', at - day, 1000);
    assert.equal(await rolling(at - day), 1111);
    assert.equal(await rolling(at + hour / 2 + 1), 111);
    assert.equal(await rolling(at + 2 * day), 0);
    assert.deepEqual(await ledger.use([limit(1)]), [use(1111, 0, 1)]);
  });

  it('a reservation is held until it is settled, released or buried, however old it looks', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    await ledger.admit(ask('old', { at: at - 400 * day }), []);
    await ledger.admit(ask('future', { at: at + 400 * day }), []);
    assert.deepEqual(await ledger.use([limit(1, { window: 'hour', since: at })]), [use(0, 200, 1)]);
  });

  it('heartbeats and the lease know no time: only the counter moves', async () => {
    const storage = await bench.storage(bench.fresh());
    for (const [runtimeId, startedAt] of [
      ['a', at + 10 * day],
      ['b', 0],
    ] as const) {
      await storage.runtimes.register({ runtimeId, pid: 1, host: 'h', version: 'v', port: null, startedAt });
    }
    assert.equal(await storage.runtimes.lead('a', []), true);
    assert.equal(await storage.runtimes.lead('b', []), false);
    for (let n = 0; n < 3; n += 1) await storage.runtimes.beat('a', null);
    assert.deepEqual(
      (await storage.runtimes.list()).map(({ heartbeat }) => heartbeat),
      [0, 3],
    );
  });
});
