import assert from 'node:assert/strict';
import type { Tool } from '../../../src/core/ports.ts';
import { agentHarness, assertClean, fakeTool, type AgentHarness } from '../../support/agent.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { scriptedModel } from '../../support/scripted-model.ts';

const call = (name: string, path = 'x') => ({ name, arguments: { path } });
const writing: Tool = {
  ...fakeTool('write', async (input, context) => {
    const { path } = input as { path: string };
    context.wrote({ path, sizeBefore: null, sizeAfter: 1, sha256: 'x', lockWaitMs: 0 });
    return 'written';
  }),
  lane: 'file_write',
};
const quotaRejections = ({ events }: AgentHarness): string[] =>
  events.flatMap((event) => (event.type === 'call_rejected' && event.reason === 'quota' ? [event.lane] : []));

describe('a task with quotas', () => {
  it('stops before the call beyond them, as a budget stops it, and goes on when they are raised', async () => {
    const look = fakeTool('look', async () => 'x');
    const model = scriptedModel([{ calls: [call('look')] }, { text: 'never said' }]);
    const first = agentHarness({ model, tools: [look], budget: { quota: { calls: 2 } } });
    const stopped = await first.execute();
    assert.deepEqual(
      [stopped.status, stopped.error?.code, model.requests.length, stopped.workerCalls],
      ['budget_exceeded', 'QUOTA_EXCEEDED', 1, 2],
    );
    assert.match(stopped.error?.message ?? '', /has used 2 calls, and quotas\.task\.calls allows 2/);
    assert.deepEqual(quotaRejections(first), ['model_call']);
    assert.deepEqual(
      first.events.flatMap((event) => (event.type === 'issue' ? [event.issue.message] : [])),
      [stopped.error?.message],
    );
    assertClean(first);

    const checkpoint = first.checkpoints.at(-1);
    assert.ok(checkpoint);
    const costs = new Map([[checkpoint.root.taskId, stopped.cost]]);
    const resume = (calls: number, turns: Parameters<typeof scriptedModel>[0]) =>
      agentHarness({
        model: scriptedModel(turns),
        tools: [look],
        checkpoint: structuredClone(checkpoint),
        row: stopped,
        costs,
        budget: { quota: { calls } },
      });
    assert.equal((await resume(2, []).execute()).status, 'budget_exceeded', 'what was used before counts');
    assert.equal((await resume(3, [{ text: 'Said.' }]).execute()).text, 'Said.');
  });

  it('counts its own time at work, without pauses', async () => {
    const clock = fakeClock();
    const work = fakeTool('work', async () => (await clock.advance(2000), 'x'));
    const rest = fakeTool('rest', async () => (harness.run.pause(), 'x'));
    const model = scriptedModel([{ calls: [call('rest')] }, { calls: [call('work')] }, { text: 'never said' }]);
    const harness = agentHarness({ model, tools: [work, rest], clock, budget: { quota: { seconds: 2 } } });
    const ending = harness.execute();
    while (harness.run.status !== 'waiting') await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(3_600_000);
    harness.run.continue();
    const row = await ending;
    assert.deepEqual([row.status, model.requests.length], ['budget_exceeded', 2]);
    assert.match(row.error?.message ?? '', /has used 2 seconds of work, and quotas\.task\.seconds allows 2/);
  });

  it('counts each file once, calls at the same time too, and lets it answer after its last file', async () => {
    const run = async (files_written: number, paths: readonly (readonly string[])[]) => {
      const model = scriptedModel([
        ...paths.map((some) => ({ calls: some.map((path) => call('write', path)) })),
        { text: 'Done.' },
      ]);
      const harness = agentHarness({ model, tools: [writing], budget: { quota: { files_written } } });
      const row = await harness.execute();
      const written = harness.events.filter(({ type }) => type === 'artefact').length;
      return [row.status, written, quotaRejections(harness)];
    };
    assert.deepEqual(await run(2, [['a'], ['b']]), ['succeeded', 2, []]);
    assert.deepEqual(await run(2, [['a'], ['a'], ['b']]), ['succeeded', 3, []]);
    assert.deepEqual(await run(2, [['a', 'b', 'c']]), ['budget_exceeded', 2, ['file_write']]);
    assert.deepEqual(await run(0, [['a']]), ['budget_exceeded', 0, ['file_write']]);
  });

  it('is held to usd and tokens by the ledger, before the call that would pass them', async () => {
    for (const quota of [{ usd: 0.00001 }, { tokens: 10_000 }]) {
      const model = scriptedModel(
        [{ calls: [call('look')], usage: { input: 9000, output: 500 } }, { text: 'never said' }],
        { maxOutputTokens: 4096 },
      );
      const harness = agentHarness({ model, tools: [fakeTool('look', async () => 'x')], budget: { quota } });
      const row = await harness.execute();
      assert.deepEqual([row.status, row.error?.code, row.cost.nusd], ['budget_exceeded', 'QUOTA_EXCEEDED', 9500]);
      const name = `quotas.task.${Object.keys(quota)[0]}`;
      assert.match(
        row.error?.message ?? '',
        new RegExp(`The quota ${name} of .* does not allow this call: .* Raise ${name} and resume`),
      );
      assert.deepEqual(quotaRejections(harness), ['model_call']);
      assertClean(harness);
    }
  });

  it('has the quotas anew in each step, and not for what its steps do', async () => {
    const clock = fakeClock();
    const work = fakeTool('work', async () => (await clock.advance(1500), 'x'));
    const steps = ['a', 'b', 'c'].map((title) => ({ title, prompt: title }));
    const model = scriptedModel(({ role, messages }) => {
      if (role === 'planner') return { text: JSON.stringify({ type: 'inspect', size: 'M', steps }) };
      return role === 'executor' && messages.length === 1 ? { calls: [call('work')] } : { text: 'fine' };
    });
    const quota = { calls: 3, seconds: 2 };
    const harness = agentHarness({ model, prompt: 'do a; then do b', tools: [work], clock, budget: { quota } });
    const row = await harness.execute();
    assert.deepEqual([row.status, row.workerCalls, row.durationMs], ['succeeded', 11, 4500]);
  });

  it('keeps what it used when it is begun again', async () => {
    const model = scriptedModel(() => ({ hang: true }));
    const harness = agentHarness({ model, budget: { quota: { calls: 1 } } });
    const ending = harness.execute();
    while (model.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const task = harness.events.find((event) => event.type === 'task_started');
    harness.run.tasks.control(task?.task.taskId ?? '', 'retry');
    assert.deepEqual([(await ending).error?.code, model.requests.length], ['QUOTA_EXCEEDED', 1]);
    assertClean(harness);
  });
});
