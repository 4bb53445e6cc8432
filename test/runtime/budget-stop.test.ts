import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BudgetStopView } from '../../src/protocol/snapshot.ts';
import type { RunSummary, StartRun } from '../../src/protocol/messages.ts';
import { bundle, rows, startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const prompt = 'inventory, todo and links';
const settings = { price_as: 'gpt-5' };

interface Stopping {
  readonly runId: string;
  readonly stop: BudgetStopView;
  readonly stops: readonly BudgetStopView[];
  readonly ended: Promise<RunSummary>;
}

function haios(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const main = join(import.meta.dirname, '../../src/hosts/cli/main.ts');
  return new Promise((resolve) => {
    const env = { ...process.env, HAIOS_RUNTIME_BUNDLE: bundle };
    execFile(process.execPath, [main, ...args], { env }, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });
}

/** A run that has come to its budget and waits. */
async function stopped(runtime: TestRuntime, request: Partial<StartRun>): Promise<Stopping> {
  const stops: BudgetStopView[] = [];
  const summaries: RunSummary[] = [];
  runtime.client.on('budgetStop', (stop) => stops.push(stop));
  runtime.client.on('runEnded', (summary) => summaries.push(summary));
  const { runId } = await runtime.client.request('startRun', {
    ...{ prompt, workspace: null, model: null, agent: null, budget: {}, priority: 'normal' },
    ...{ approve: 'none', labels: [], onLimit: 'ask', resume: null },
    ...request,
  });
  await until('the run waits for a budget', () => stops.length > 0 || summaries.length > 0);
  const [stop] = stops;
  assert.ok(stop, `it ended instead: ${summaries[0]?.error?.message ?? summaries[0]?.status ?? ''}`);
  const ended = (async () => {
    await until('the run ends', () => summaries.length > 0, 30_000);
    const [summary] = summaries;
    assert.ok(summary);
    return summary;
  })();
  return { runId, stop, stops, ended };
}

describe('a run that waits for a budget, in a real runtime', () => {
  it('is raised and goes on to its end as the same run; the snapshot shows the stop and then no more', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace, settings });
      const { runId, stop, stops, ended } = await stopped(runtime, { workspace, budget: { usd: 0.19 } });
      const { client } = runtime;
      const snapshot = await client.request('subscribe', {});
      assert.deepEqual(snapshot.stops, [stop]);
      assert.deepEqual(
        snapshot.runs.map(({ status, waiting }) => [status, waiting]),
        [['waiting', 'budget']],
      );
      assert.deepEqual([stop.budget?.limit, stop.raises], [190_000_000, [500_000_000, 1_000_000_000]]);
      await assert.rejects(
        client.request('decideBudget', { runId, decision: { type: 'raise', limit: 190_000_001, until: null } }),
        /BUDGET_DECISION|give at least/,
      );
      await client.request('decideBudget', { runId, decision: { type: 'raise', limit: 2_000_000_000, until: null } });
      const summary = await ended;
      assert.deepEqual([summary.run, summary.status, stops.length], [runId, 'succeeded', 1]);
      assert.ok(summary.usd_nano > 0);
      assert.deepEqual((await client.request('subscribe', {})).stops, []);
      await runtime.stop(5000);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT name, scope, key, limit_nusd FROM overrides'), [
        { name: 'run', scope: 'run', key: runId, limit_nusd: 2_000_000_000 },
      ]);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM reservations'), []);
    }));

  it('is freed by another window that raises the budget, and resumed by the next one after its own was closed', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const first = await startRuntime({ folder, workspace, settings });
      const { runId, stop } = await stopped(first, { workspace, budget: { usd: 0.19 } });
      await first.stop(5000);
      const spent = rows(join(folder, 'ledger.db'), 'SELECT sum(usd_nusd) AS usd FROM ledger')[0]?.['usd'];
      assert.ok(typeof spent === 'number' && spent > 0);

      const second = await startRuntime({ folder, workspace, settings });
      const again = await stopped(second, { prompt: null, workspace: null, resume: runId });
      assert.deepEqual([again.runId, again.stop.budget?.used], [runId, spent], 'the spent stays spent');
      const third = await startRuntime({ folder, workspace, settings });
      assert.ok(stop.budget);
      const { name, resource, scope, key, window } = stop.budget;
      await third.client.request('setBudget', {
        budget: { name, resource, scope, key, window },
        limit: 2_000_000_000,
        until: null,
      });
      const { status, usd_nano } = await again.ended;
      assert.equal(status, 'succeeded');
      assert.ok(usd_nano > spent);
      await Promise.all([second.stop(5000), third.stop(5000)]);
    }));

  it('waits for the moment at which a budget allows it again, and goes on by itself', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({ folder, workspace, settings });
      const { client } = runtime;
      const day = { name: 'day', resource: 'usd', scope: 'user', key: 'user', window: 'day' } as const;
      const close = (ends: number): Promise<unknown> =>
        client.request('setBudget', { budget: day, limit: 1, until: ends });
      const anHourOn = Date.now() + 3_600_000;
      await close(anHourOn);
      const { budgets } = await client.request('subscribe', {});
      const shown = budgets.find(({ name }) => name === 'day');
      assert.deepEqual([shown?.limit, shown?.overridden], [1, { limit: 40e9, until: anHourOn }]);
      const { runId, stop, ended } = await stopped(runtime, { workspace });
      assert.deepEqual([stop.waits, stop.freesAt], [false, anHourOn]);
      await client.request('decideBudget', { runId, decision: { type: 'wait' } });
      assert.equal((await client.request('subscribe', {})).stops[0]?.waits, true);
      await close(Date.now() + 1500);
      assert.equal((await ended).status, 'succeeded');
      await runtime.stop(5000);
    }));

  it('begins to wait without a question when it was started so', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const runtime = await startRuntime({
        folder,
        workspace,
        settings: { ...settings, budgets: { on_limit: 'wait' } },
      });
      const budget = { name: 'day', resource: 'usd', scope: 'user', key: 'user', window: 'day' } as const;
      await runtime.client.request('setBudget', { budget, limit: 1, until: Date.now() + 3_600_000 });
      const { stop, ended, runId } = await stopped(runtime, { workspace, onLimit: null });
      assert.equal(stop.waits, true);
      await runtime.client.request('controlRun', { runId, action: 'cancel' });
      assert.equal((await ended).status, 'cancelled');
      await runtime.stop(5000);
    }));

  it('ends a run of the command line with exit code 3, where nobody can be asked', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const config = join(folder, 'haios.json');
      await writeFile(config, JSON.stringify(settings));
      const args = ['run', prompt, '--budget', 'usd=0.19', '--workspace', workspace, '--config', config];
      const { code, stderr } = await haios([...args, '--db', join(folder, 'haios.db'), '--port', '0']);
      assert.equal(code, 3, stderr);
      assert.match(stderr, /^haios: The run budget “run” of \$0\.19 does not allow this call/m);
      assert.match(stderr, /^go on with: haios run --resume 1 \(--budget usd=… sets a new total for the run\)$/m);
    }));

  it('refuses what names no budget and what no run waits for', () =>
    withFolder(async (folder) => {
      const { client, stop } = await startRuntime({ folder, settings });
      const budget = { name: 'day', resource: 'usd', scope: 'user', key: 'user', window: 'day' } as const;
      const set = (change: object, limit = 1, ends: number | null = null): Promise<unknown> =>
        client.request('setBudget', { budget: { ...budget, ...change }, limit, until: ends });
      await assert.rejects(set({ window: 'month' }), { code: 'BUDGET_DECISION' });
      await assert.rejects(set({ name: 'quotas.task' }), { code: 'BUDGET_DECISION' });
      await assert.rejects(set({ key: '' }), { code: 'BUDGET_DECISION' });
      await assert.rejects(set({}, 0.5), { code: 'BUDGET_DECISION' });
      await assert.rejects(set({}, -1), { code: 'BUDGET_DECISION' });
      await assert.rejects(set({}, 1, Date.now() - 1), { code: 'BUDGET_DECISION' });
      await assert.rejects(client.request('decideBudget', { runId: 'none', decision: { type: 'continue' } }), {
        code: 'RUN_NOT_FOUND',
      });
      await stop(5000);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM overrides'), []);
    }));
});
