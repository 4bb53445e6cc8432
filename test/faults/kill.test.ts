import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { killRuntime, rows, startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const settings = { price_as: 'gpt-5-mini' };
const prompt = 'inventory, todo, links and dependencies';
/** How often a runtime is killed; the closing run of an issue takes 50. */
const kills = Number(process.env['HAIOS_TEST_KILLS'] ?? 12);

describe('FAULTS 1: kill -9 in the middle of a run', function () {
  this.timeout(kills * 20_000);

  it(`leaves no reservation, ledger and cost records agree, the run is resumable (${kills} times)`, () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const ledger = join(folder, 'ledger.db');
      const history = join(folder, 'haios.db');
      let runtime = await startRuntime({ folder, workspace, settings });
      for (let n = 0; n < kills; n++) {
        const before = reserved(ledger);
        const { runId, g } = await start(runtime);
        await until('the first reservation', () => reserved(ledger) > before);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 250));
        await killRuntime(runtime);
        runtime = await startRuntime({ folder, workspace, settings });

        assert.deepEqual(rows(ledger, 'SELECT call_id FROM reservations'), [], `kill ${n}: something is still held`);
        assert.deepEqual(
          rows(
            history,
            'SELECT task_id AS task, usd_nusd AS usd FROM cost_records WHERE run_id = ? AND usd_nusd > 0 ORDER BY 1',
            runId,
          ),
          rows(
            ledger,
            'SELECT task_id AS task, sum(usd_nusd) AS usd FROM ledger WHERE run_id = ? GROUP BY 1 HAVING sum(usd_nusd) > 0 ORDER BY 1',
            runId,
          ),
          `kill ${n}: cost records and ledger differ`,
        );
        const run = await runtime.client.request('run', { run: runId });
        assert.ok(run.status === 'interrupted' || run.status === 'succeeded', `kill ${n}: ${run.status}`);
        assert.deepEqual(rows(history, "SELECT name FROM spans WHERE run_id = ? AND status = 'running'", runId), []);
        const checks = await runtime.client.request('doctor', {});
        assert.deepEqual(
          checks.filter(({ status }) => status === 'error'),
          [],
        );
        if (run.status !== 'interrupted') continue;
        const resumed = await runtime.run({ resume: runId });
        assert.deepEqual([resumed.status, resumed.g], ['succeeded', g], `kill ${n}: ${resumed.error?.message}`);
        assert.ok(resumed.usd_nano >= run.cost.nusd, 'what was spent stays spent');
        assert.deepEqual(rows(ledger, 'SELECT sum(usd_nusd) AS usd FROM ledger WHERE run_id = ?', runId), [
          { usd: resumed.usd_nano },
        ]);
      }
      await runtime.stop(5000);
    }));

  it('changes nothing of a living runtime when a second one starts beside it', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const first = await startRuntime({ folder, workspace, settings });
      const ledger = join(folder, 'ledger.db');
      const ending = first.run({ prompt });
      await until('the first reservation', () => reserved(ledger) > 0);
      const second = await startRuntime({ folder, workspace, settings });
      await second.client.request('doctor', {});
      const summary = await ending;
      await second.stop(5000);
      const after = rows(ledger, "SELECT count(*) AS broken FROM ledger WHERE estimated = 1 OR entry = 'release'");
      await first.stop(5000);
      assert.equal(summary.status, 'succeeded');
      assert.equal(summary.estimated, false);
      assert.deepEqual(after, [{ broken: 0 }]);
    }));
});

async function start(runtime: TestRuntime): Promise<{ runId: string; g: number }> {
  const { runId, g } = (await runtime.start({ prompt })) as { runId: string; g: number };
  return { runId, g };
}

function reserved(ledger: string): number {
  if (!existsSync(ledger)) return 0;
  return Number(rows(ledger, "SELECT count(*) AS n FROM ledger WHERE entry = 'reserve'")[0]?.['n'] ?? 0);
}
