import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { HostModelPart } from '../../src/protocol/host-models.ts';
import type { HostModelCall } from '../../src/protocol/messages.ts';
import { createTokenizer } from '../../src/models/tokenizer.ts';
import { rows, startRuntime, until, withFolder, type TestRuntime } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const models = [{ id: 'copilot', provider: 'vscode', model: 'copilot/gpt-4.1' }];
const tree = { 'haios.config.json': JSON.stringify({ models }) };

describe('a run on a model of the editor', () => {
  it('goes through the host, tools and all, and its tokens are an estimate at every sum', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, tree);
      const runtime = await startRuntime({ folder, workspace, host: 'vscode' });
      const calls: HostModelCall[] = [];
      const answers: boolean[] = [];
      const answer = async (callId: string, parts: readonly HostModelPart[]): Promise<void> => {
        answers.push(await runtime.client.request('hostModelParts', { callId, parts }));
      };
      runtime.client.on('hostModelCall', (call) => {
        calls.push(call);
        const search = { id: 'c1', name: 'search_files', arguments: { pattern: 'hello' } };
        const parts: HostModelPart[] =
          calls.length === 1
            ? [
                { type: 'text', text: 'I look.' },
                { type: 'tool_call', call: search },
              ]
            : [{ type: 'text', text: 'It is green.' }];
        void answer(call.callId, parts).then(() => answer(call.callId, [{ type: 'end' }]));
      });
      const summary = await runtime.run({ prompt: 'Which color is it?', model: 'copilot' });
      await until('every part was answered', () => answers.length === 4);
      await runtime.stop(5000);

      assert.equal(summary.error, null);
      assert.equal(summary.text, 'It is green.');
      assert.deepEqual([summary.estimated, summary.unpricedCalls, summary.usd_nano], [true, 2, 0]);
      // What was read, and what came when the call was over.
      assert.deepEqual(answers, [true, false, true, false]);
      const [first, second] = calls;
      assert.ok(first !== undefined && second !== undefined);
      assert.equal(first.model, 'copilot/gpt-4.1');
      assert.equal(first.maxOutputTokens, null);
      assert.ok(first.tools.some(({ name }) => name === 'search_files'));
      assert.deepEqual(
        second.messages.map(({ role }) => role),
        ['user', 'assistant', 'tool'],
      );
      const tokenizer = createTokenizer();
      const inputs = await Promise.all(
        calls.map(({ system, messages, tools }) => tokenizer.count(JSON.stringify([system, messages, tools]))),
      );
      assert.equal(
        summary.tokens.input,
        inputs.reduce((sum, count) => sum + count, 0),
      );
      const ledger = rows(
        join(folder, 'ledger.db'),
        "SELECT entry, estimated, pricing, model FROM ledger WHERE entry = 'settle'",
      );
      assert.deepEqual(
        ledger,
        calls.map(() => ({ entry: 'settle', estimated: 1, pricing: 'unpriced', model: 'copilot' })),
      );
    }));

  it('fails with the host’s reason, not asked again, and costs nothing when it was refused unread', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, tree);
      const runtime = await startRuntime({ folder, workspace, host: 'vscode' });
      let calls = 0;
      runtime.client.on('hostModelCall', ({ callId }) => {
        calls += 1;
        const part = {
          type: 'error',
          code: 'PROVIDER_AUTH',
          message: 'Not allowed; allow it.',
          retryable: false,
        } as const;
        void runtime.client.request('hostModelParts', { callId, parts: [part] });
      });
      const summary = await runtime.run({ prompt: 'Which color is it?', model: 'vscode/copilot/gpt-4.1' });
      await runtime.stop(5000);
      assert.deepEqual(summary.error, { code: 'PROVIDER_AUTH', message: 'Not allowed; allow it.' });
      assert.deepEqual([calls, summary.tokens.total], [1, 0]);
    }));

  it('is cancelled at the host with the run, and settled by what was received', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, tree);
      const runtime = await startRuntime({ folder, workspace, host: 'vscode' });
      const cancelled: string[] = [];
      runtime.client.on('hostModelCancel', ({ callId }) => cancelled.push(callId));
      const started = callOf(runtime);
      const ending = runtime.run({ prompt: 'Which color is it?', model: 'copilot' });
      const { callId } = await started;
      const parts: readonly HostModelPart[] = [{ type: 'text', text: 'It is gr' }];
      assert.equal(await runtime.client.request('hostModelParts', { callId, parts }), true);
      const { rows: runs } = await runtime.client.request('runs', { limit: 1, cursor: null });
      await runtime.client.request('controlRun', { runId: runs[0]?.runId ?? '', action: 'cancel' });
      const summary = await ending;
      assert.equal(summary.status, 'cancelled');
      assert.deepEqual(cancelled, [callId]);
      assert.equal(await runtime.client.request('hostModelParts', { callId, parts }), false);
      assert.ok(summary.estimated && summary.tokens.output > 0 && summary.tokens.output < 10);
      await runtime.stop(5000);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM reservations'), []);
    }));

  it('is interrupted when the window goes away in the middle of a call, and can be resumed', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, tree);
      const runtime = await startRuntime({ folder, workspace, host: 'vscode' });
      const started = callOf(runtime);
      await runtime.start({ prompt: 'Which color is it?', model: 'copilot' });
      await started;
      runtime.client.dispose();
      process.kill(runtime.pid, 'SIGTERM');
      await runtime.exited;
      assert.deepEqual(rows(join(folder, 'haios.db'), 'SELECT status FROM runs'), [{ status: 'interrupted' }]);
      const ledger = join(folder, 'ledger.db');
      assert.deepEqual(rows(ledger, 'SELECT * FROM reservations'), []);
      assert.deepEqual(rows(ledger, "SELECT estimated FROM ledger WHERE entry = 'settle'"), [{ estimated: 1 }]);
    }));

  it('is refused in the terminal before anything is begun', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, tree);
      const runtime = await startRuntime({ folder, workspace });
      await assert.rejects(runtime.start({ prompt: 'Which color is it?', model: 'copilot' }), {
        code: 'EDITOR_ONLY',
        message: /works in the editor only; start the run there, or choose another model\./,
      });
      const checks = await runtime.client.request('doctor', {});
      const check = checks.find(({ name }) => name === 'models');
      assert.equal(check?.status, 'ok');
      assert.match(check.message, /copilot \(Model "copilot" .* works in the editor only/);
      await runtime.stop(5000);
    }));

  it('is listed with what the editor offers, and the doctor says which is missing', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, tree);
      const runtime = await startRuntime({ folder, workspace, host: 'vscode' });
      await runtime.client.request('setHostModels', { models: [{ vendor: 'other', id: 'm' }] });
      const ids = (await runtime.client.request('models', {})).map(({ id, ready }) => [id, ready]);
      assert.deepEqual(ids, [
        ['offline', true],
        ['copilot', false],
        ['vscode/other/m', true],
      ]);
      const checks = await runtime.client.request('doctor', {});
      const check = checks.find(({ name }) => name === 'models');
      assert.equal(check?.status, 'warning');
      assert.match(check.message, /copilot \(The editor offers no model "copilot\/gpt-4\.1".*vscode\/other\/m$/);
      await runtime.stop(5000);
    }));
});

function callOf(runtime: TestRuntime): Promise<HostModelCall> {
  return new Promise((resolve) => runtime.client.on('hostModelCall', resolve));
}
