import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodeOfRun } from '../../src/hosts/cli/result.ts';
import type { RunRef, RunSummary, TaskAction } from '../../src/protocol/messages.ts';
import type { SpanRow } from '../../src/protocol/rows.ts';
import { startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';
import { readSections } from '../../webview/rows.ts';

const steps = 'inventory, todo and links';
const replace = 'inventory, then replace hello with goodbye in src/*.ts';

async function tasksOf(runtime: TestRuntime, run: string): Promise<readonly SpanRow[]> {
  const spans: readonly SpanRow[] = await runtime.client.request('trace', { run });
  return spans.filter(({ kind }) => kind === 'task');
}

async function series(runtime: TestRuntime, name: string): Promise<number> {
  const text = await (await fetch(runtime.welcome.metricsUrl ?? '')).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

describe('a task that has used up a quota', () => {
  it('stops its run with exit code 3, and the run goes on when the quota is raised', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const first = await startRuntime({ folder, workspace, settings: { quotas: { task: { calls: 1 } } } });
      const stopped = await first.run({ prompt: steps });
      const rejected = await series(first, 'haios_worker_rejections_total{lane="file_read",reason="quota"}');
      await first.stop(5000);
      assert.deepEqual(
        [stopped.status, exitCodeOfRun(stopped), stopped.error?.code],
        ['budget_exceeded', 3, 'QUOTA_EXCEEDED'],
      );
      assert.match(stopped.error?.message ?? '', /has used 1 call, and quotas\.task\.calls allows 1/);
      assert.ok(rejected >= 1);

      const second = await startRuntime({ folder, workspace, settings: { quotas: { task: { calls: 100 } } } });
      const resumed = await second.run({ resume: stopped.run });
      const [sent, started] = [
        await series(second, 'haios_inter_agent_messages_total'),
        await series(second, 'haios_agents_started_total'),
      ];
      await second.stop(5000);
      assert.deepEqual([resumed.status, resumed.run, resumed.traceId], ['succeeded', stopped.run, stopped.traceId]);
      assert.ok(started >= 2 && sent === 2 * (started - 1), `${started} agents, ${sent} messages`);
    }));

  it('is held to it across a resume: what was used before counts', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const settings = { quotas: { task: { calls: 1 } } };
      const first = await startRuntime({ folder, workspace, settings });
      const stopped = await first.run({ prompt: steps });
      await first.stop(5000);
      const second = await startRuntime({ folder, workspace, settings });
      const again = await second.run({ resume: stopped.run });
      await second.stop(5000);
      assert.deepEqual([again.status, again.workerCalls], ['budget_exceeded', stopped.workerCalls]);
    }));
});

describe('one task of a run at work', () => {
  /** A run that waits for a person's answer in its second step. */
  const open = async (folder: string) => {
    const workspace = await writeSampleTree(folder);
    const runtime = await startRuntime({ folder, workspace });
    const ended = new Promise<RunSummary>((resolve) => runtime.client.on('runEnded', resolve));
    const { runId } = (await runtime.start({ prompt: replace, approve: 'ask' })) as RunRef;
    await until('the question of a step', () => runtime.approvals.length > 0);
    const tasks = await tasksOf(runtime, runId);
    const titled = (start: string) =>
      tasks.find(({ attributes }) => String(attributes['haios.task.title']).startsWith(start));
    const [root, step] = [titled('inventory'), titled('Replace')];
    const control = (task: SpanRow | undefined, action: TaskAction) =>
      runtime.client.request('controlTask', { runId, taskId: task?.taskId ?? '', action });
    const text = () => readFile(join(workspace, 'src', 'main.ts'), 'utf8');
    const answer = (decision: 'allow' | 'deny') =>
      runtime.client.request('answerApproval', { approvalId: runtime.approvals.at(-1)?.approvalId ?? '', decision });
    const run = () => runtime.client.request('run', { run: runId });
    return { runtime, runId, ended, root, step, control, text, answer, run };
  };

  it('is cancelled: its question is withdrawn, nothing is written, the rest of the run goes on', () =>
    withFolder(async (folder) => {
      const { runtime, runId, ended, step, control, text } = await open(folder);
      await control(step, 'cancel');
      const summary = await ended;
      const { approvals } = await runtime.client.request('subscribe', {});
      const statuses = new Map((await tasksOf(runtime, runId)).map(({ spanId, status }) => [spanId, status]));
      await assert.rejects(control(step, 'pause'), { code: 'RUN_NOT_FOUND' });
      await runtime.stop(5000);
      assert.equal(summary.status, 'succeeded');
      assert.match(summary.text, /cancelled/);
      assert.deepEqual(approvals, []);
      assert.equal(statuses.get(step?.spanId ?? ''), 'cancelled');
      assert.match(await text(), /hello/);
    }));

  it('is paused before its next call, then begun again, and asks once more', () =>
    withFolder(async (folder) => {
      const { runtime, runId, ended, step, control, text, answer, run } = await open(folder);
      await control(step, 'pause');
      await answer('deny');
      await until('the pause', async () => (await run()).waiting === 'paused');
      await control(step, 'retry');
      await until('the question, asked again', () => runtime.approvals.length === 2);
      await answer('allow');
      const summary = await ended;
      const spans = await tasksOf(runtime, runId);
      const again = spans.find(({ spanId }) => spanId === step?.spanId);
      await runtime.stop(5000);
      assert.equal(summary.status, 'succeeded');
      assert.match(await text(), /goodbye/);
      assert.equal(spans.length, 3, 'one tree, no task twice');
      assert.ok(again?.events.some(({ name }) => name === 'retried'));
    }));

  it('is in the snapshot from the plan on, with its state, and no more when the run has ended well', () =>
    withFolder(async (folder) => {
      const { runtime, runId, ended, step, control, answer } = await open(folder);
      const view = async () =>
        (await runtime.client.request('subscribe', {})).runs.find((run) => run.runId === runId) ??
        assert.fail('no run');
      const tasks = async () =>
        (await view()).tasks.map(({ title, depth, state, repeatable }) => ({ title, depth, state, repeatable }));
      const { runs } = await runtime.client.request('subscribe', {});
      assert.deepEqual(readSections({ runs }).runs, runs, 'the panel can read it');
      const [root, first, second] = await tasks();
      assert.deepEqual([root?.depth, root?.state, root?.repeatable], [0, 'running', false]);
      assert.deepEqual([first?.depth, first?.state, first?.repeatable], [1, 'done', true]);
      assert.match(second?.title ?? '', /^Replace/);
      assert.deepEqual([second?.depth, second?.state], [1, 'running']);
      await control(step, 'pause');
      assert.equal((await tasks())[2]?.state, 'paused');
      await control(step, 'continue');
      assert.equal((await tasks())[2]?.state, 'running');
      await answer('allow');
      assert.equal((await ended).status, 'succeeded');
      const { tasksDone, tasksTotal, tasks: left } = await view();
      await runtime.stop(5000);
      assert.deepEqual([tasksDone, tasksTotal, left], [3, 3, []]);
    }));

  it('ends the run when it is the whole of it; a run that is not at work here has none', () =>
    withFolder(async (folder) => {
      const { runtime, ended, root, control } = await open(folder);
      await control(root, 'cancel');
      assert.equal((await ended).status, 'cancelled');
      const elsewhere = { runId: 'nothing', taskId: 'nothing', action: 'pause' } as const;
      await assert.rejects(runtime.client.request('controlTask', elsewhere), { code: 'RUN_NOT_FOUND' });
      await runtime.stop(5000);
    }));
});
