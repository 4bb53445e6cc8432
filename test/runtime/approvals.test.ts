import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rows, startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const prompt = 'replace hello with goodbye in src/*.ts';

describe('approvals', () => {
  const open = async (folder: string) => {
    const workspace = await writeSampleTree(folder, { 'src/second.ts': 'export const hello = 2;\n' });
    const runtime = await startRuntime({ folder, workspace });
    const text = (): Promise<string[]> =>
      Promise.all(['main.ts', 'second.ts'].map((name) => readFile(join(workspace, 'src', name), 'utf8')));
    return { runtime, text };
  };
  const answer = async (runtime: TestRuntime, at: number, decision: 'allow' | 'deny' | 'allow_run'): Promise<void> => {
    await until('a question', () => runtime.approvals.length > at);
    const { approvalId } = runtime.approvals[at] ?? { approvalId: '' };
    await runtime.client.request('answerApproval', { approvalId, decision });
  };

  it('show the diff, wait without counting time at work, and write what was allowed and nothing else', () =>
    withFolder(async (folder) => {
      const { runtime, text } = await open(folder);
      const running = runtime.run({ prompt, approve: 'ask' });
      await until('both questions', () => runtime.approvals.length === 2);
      const [first] = runtime.approvals;
      assert.match(first?.detail ?? '', /-.*hello[\s\S]*\+.*goodbye/);
      const { runs } = await runtime.client.request('subscribe', {});
      assert.deepEqual([runs[0]?.status, runs[0]?.waiting], ['waiting', 'approval']);
      await answer(runtime, 0, 'allow');
      await answer(runtime, 1, 'deny');
      const summary = await running;
      assert.equal(summary.status, 'succeeded');
      assert.equal((await text()).filter((content) => content.includes('goodbye')).length, 1);
      assert.equal(summary.artefacts.filter((path) => path.startsWith('src/')).length, 1);
      const disk = rows(join(folder, 'haios.db'), 'SELECT sum(disk_bytes) AS bytes FROM cost_records');
      assert.ok(Number(disk[0]?.['bytes']) > 0);
      await runtime.stop(5000);
    }));

  it('one answer can allow all in this run', () =>
    withFolder(async (folder) => {
      const { runtime, text } = await open(folder);
      const running = runtime.run({ prompt, approve: 'ask' });
      await answer(runtime, 0, 'allow_run');
      assert.equal((await running).status, 'succeeded');
      assert.ok((await text()).every((content) => content.includes('goodbye')));
      await runtime.stop(5000);
    }));

  it('nothing is written when nobody may be asked, and a cancel answers what is open', () =>
    withFolder(async (folder) => {
      const { runtime, text } = await open(folder);
      const none = await runtime.run({ prompt, approve: 'none' });
      assert.equal(none.status, 'succeeded');
      const running = runtime.run({ prompt, approve: 'ask' });
      await until('a question', () => runtime.approvals.length > 0);
      const { runId } = runtime.approvals[0] ?? { runId: '' };
      await runtime.client.request('controlRun', { runId, action: 'cancel' });
      assert.equal((await running).status, 'cancelled');
      assert.deepEqual((await runtime.client.request('subscribe', {})).approvals, []);
      assert.ok((await text()).every((content) => content.includes('hello')));
      await runtime.stop(5000);
    }));
});
