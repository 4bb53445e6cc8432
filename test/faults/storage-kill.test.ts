import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { addCost, noCost } from '../../src/protocol/rows.ts';
import { Bench, pathOf } from '../storage/support/open.ts';
import { ask, at, limit, run, use } from '../storage/support/rows.ts';

const workerPath = pathOf('./busy-runtime.ts');

describe('faults 1: kill -9 in the middle of a write', () => {
  const bench = new Bench();
  after(() => bench.end());

  for (const afterLines of [1, 40, 150, 400]) {
    it(`after ${afterLines} acknowledged steps: all of them are there, and what was open is mended exactly once`, async () => {
      const storage = await bench.storage(bench.fresh());
      await storage.runtimes.register({
        runtimeId: 'living',
        pid: process.pid,
        host: 'h',
        version: 'v',
        port: null,
        startedAt: at,
      });
      await storage.ledger.admit(ask('mine', { runtimeId: 'living', runId: 'mine', taskId: 'mine' }), []);
      await storage.ledger.sent('mine');
      storage.write([{ type: 'run', row: run('mine', { runtimeId: 'living', g: await storage.nextG() }) }]);
      await storage.flush();

      const { acknowledged } = await killAfter(storage.databasePath, afterLines);
      const settled = new Map(
        acknowledged.filter(([what]) => what === 'settled').map(([, callId, nusd]) => [callId, Number(nusd)]),
      );
      const second = await bench.storage(storage.databasePath);
      assert.deepEqual(await second.reader.integrity(), { history: 'ok', ledger: 'ok' });
      assert.deepEqual(second.notices, []);
      for (const [callId, nusd] of settled) assert.equal((await second.reader.call(callId ?? ''))?.nusd, nusd, callId);
      for (const [what, spanId] of acknowledged)
        if (what === 'span')
          assert.ok(
            (await second.reader.trace('victim')).some((each) => each.spanId === spanId),
            spanId,
          );

      const before = await second.reader.calls({
        by: 'run',
        key: 'victim',
        days: 1,
        since: 0,
        limit: 1000,
        cursor: null,
      });
      const buried = await Promise.all([
        second.runtimes.bury('killed'),
        storage.runtimes.bury('killed'),
        second.runtimes.bury('killed'),
      ]);
      assert.deepEqual(buried.flat(), ['victim']);
      const rows = (
        await second.reader.calls({ by: 'run', key: 'victim', days: 1, since: 0, limit: 1000, cursor: null })
      ).rows;
      for (const row of rows) {
        const old = before.rows.find(({ callId }) => callId === row.callId);
        switch (old?.state) {
          case 'reserved':
            assert.deepEqual([row.state, row.nusd], ['released', 0]);
            break;
          case 'sent':
            assert.deepEqual([row.state, row.nusd, row.estimated], ['settled', old.reservedNusd, true]);
            break;
          default:
            assert.deepEqual(row, old);
        }
      }
      const [used] = await second.ledger.use([limit(1, { scope: 'run', key: 'victim' })]);
      assert.deepEqual(
        used,
        use(
          rows.reduce((sum, row) => sum + row.nusd, 0),
          0,
          1,
        ),
      );
      const victim = await second.reader.run('victim');
      const tasks = await second.reader.tasks('victim');
      assert.equal(victim?.status, 'interrupted');
      assert.equal(victim?.cost.nusd, used?.settled);
      assert.deepEqual(
        victim?.cost,
        tasks.reduce((sum, { cost }) => addCost(sum, cost), noCost),
      );
      assert.ok((await second.reader.trace('victim')).every(({ status }) => status !== 'running'));

      assert.equal((await second.reader.run('mine'))?.status, 'running');
      assert.equal((await second.ledger.call('mine'))?.state, 'sent');
      assert.deepEqual(
        (await second.runtimes.list()).map(({ runtimeId }) => runtimeId),
        ['living'],
      );
    });
  }
});

/** Starts a runtime that writes and spends, and kills it when it has said so many lines. */
async function killAfter(
  path: string,
  lines: number,
): Promise<{ acknowledged: readonly (readonly (string | undefined)[])[] }> {
  const child = spawn(process.execPath, [workerPath, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const acknowledged: string[][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line.split(' '));
    if (acknowledged.length === lines) child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  return { acknowledged };
}
