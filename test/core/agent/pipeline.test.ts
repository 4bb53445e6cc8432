import assert from 'node:assert/strict';
import type { CoreEvent } from '../../../src/core/events.ts';
import { HaiosError } from '../../../src/core/errors.ts';
import { agentHarness, assertClean, fakeTool, type AgentHarness } from '../../support/agent.ts';
import { scriptedModel } from '../../support/scripted-model.ts';

const overloaded = (details: object = {}): HaiosError =>
  new HaiosError('PROVIDER_UNAVAILABLE', 'Overloaded.', { details: { retryable: true, status: 429, ...details } });

function spans(events: readonly CoreEvent[]): string[] {
  const names = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'span_started') continue;
    const { name, spanId, parentSpanId } = event.span;
    names.set(spanId, `${parentSpanId === null ? '' : `${names.get(parentSpanId) ?? '?'}/`}${name}`);
  }
  return [...names.values()];
}

describe('a run', () => {
  it('asks, uses tools and answers, under the spans of the catalogue', async () => {
    const model = scriptedModel([{ calls: [{ name: 'look', arguments: { at: 1 } }] }, { text: 'It is green.' }]);
    const seen: unknown[] = [];
    const harness = agentHarness({ model, tools: [fakeTool('look', async (input) => (seen.push(input), 'green'))] });
    const row = await harness.execute();
    assert.deepEqual(
      [row.status, row.text, row.tasks, row.workerCalls, row.cost.nusd],
      ['succeeded', 'It is green.', 1, 3, 30],
    );
    assert.deepEqual(seen, [{ at: 1 }]);
    assert.deepEqual(spans(harness.events), [
      'plan',
      'plan/task',
      'plan/task/triage',
      'plan/task/budget_gate',
      'plan/task/execute',
      'plan/task/execute/worker_call:model_call',
      'plan/task/execute/worker_call:model_call/chat scripted',
      'plan/task/execute/worker_call:tool_call',
      'plan/task/execute/worker_call:tool_call/execute_tool look',
      'plan/task/execute/worker_call:model_call',
      'plan/task/execute/worker_call:model_call/chat scripted',
      'plan/task/critic',
    ]);
    assertClean(harness);
  });

  it('plans what has several parts, does each as a task of its own and brings the results together', async () => {
    const plan = {
      type: 'inspect',
      size: 'M',
      steps: [
        { title: 'A', prompt: 'do a' },
        { title: 'B', prompt: 'do b' },
      ],
    };
    const model = scriptedModel((request) => {
      if (request.role === 'planner') return { text: JSON.stringify(plan) };
      const last = request.messages.at(-1);
      return { text: request.role === 'executor' ? `done ${last?.role === 'user' ? last.text : ''}` : 'both done' };
    });
    const harness = agentHarness({ model, prompt: 'do a; then do b' });
    const row = await harness.execute();
    assert.deepEqual([row.status, row.text, row.tasks], ['succeeded', 'both done', 3]);
    assert.deepEqual(
      model.requests.map(({ role }) => role),
      ['planner', 'executor', 'executor', 'summariser'],
    );
    const summary = model.requests[3]?.messages[0];
    assert.equal(summary?.role === 'user' ? summary.text : '', '## A\n\ndone do a\n\n## B\n\ndone do b');
    assertClean(harness);
  });

  it('tells the model of an unknown tool, of arguments that are no JSON and of a tool that fails, and goes on', async () => {
    const model = scriptedModel([
      {
        calls: [
          { name: 'nothing', arguments: {} },
          { name: 'look', arguments: '{', invalid: 'unexpected end' },
          { name: 'look', arguments: {} },
        ],
      },
      { text: 'Sorry.' },
    ]);
    const look = fakeTool('look', () => Promise.reject(new HaiosError('TOOL_FAILED', 'It is dark.')));
    const harness = agentHarness({ model, tools: [look] });
    assert.equal((await harness.execute()).status, 'succeeded');
    const told = model.requests[1]?.messages.at(-1);
    assert.deepEqual(told?.role === 'tool' ? told.results.map(({ isError, text }) => [isError, text]) : null, [
      [true, 'There is no tool “nothing”; the tools are: look.'],
      [true, 'The arguments of “look” are no JSON object: unexpected end'],
      [true, 'It is dark.'],
    ]);
    assertClean(harness);
  });

  it('stops before a call that a budget does not allow, raises the issue and keeps what was spent', async () => {
    const model = scriptedModel([{ calls: [{ name: 'look', arguments: {} }], usage: { input: 9000, output: 500 } }], {
      maxOutputTokens: 4096,
    });
    const tools = [fakeTool('look', async () => 'x')];
    const harness = agentHarness({ model, tools, budget: { run: { usd: 0.00001 } } });
    const row = await harness.execute();
    assert.deepEqual(
      [row.status, row.error?.code, row.cost.nusd, model.requests.length],
      ['budget_exceeded', 'BUDGET_EXCEEDED', 9500, 1],
    );
    assert.deepEqual(
      harness.events.flatMap((event) => (event.type === 'issue' ? [event.issue.code] : [])),
      ['BUDGET_EXCEEDED'],
    );
    assertClean(harness);
  });

  it('goes on from its checkpoint, without asking again what was answered', async () => {
    const tools = [fakeTool('look', async () => 'green')];
    const first = agentHarness({
      model: scriptedModel([{ calls: [{ name: 'look', arguments: {} }] }]),
      tools,
      budget: { run: { tokens: 5000 } },
    });
    first.ledger.settle = ((settle) => async (id, settlement) => {
      await settle(id, { ...settlement, tokens: { ...settlement.tokens, input: 4000 } });
    })(first.ledger.settle);
    const stopped = await first.execute();
    assert.equal(stopped.status, 'budget_exceeded');
    const checkpoint = first.checkpoints.at(-1);
    assert.ok(checkpoint);
    const second = agentHarness({
      model: scriptedModel([{ text: 'Green.' }]),
      tools,
      checkpoint,
      row: { ...stopped },
      costs: new Map([[checkpoint.root.taskId, stopped.cost]]),
    });
    const resumed = await second.execute();
    assert.deepEqual([resumed.status, resumed.text, resumed.tasks], ['succeeded', 'Green.', 1]);
    assert.equal(resumed.cost.nusd, stopped.cost.nusd + 15);
  });

  it('tries an overloaded provider again, each try a call of its own in the ledger', async () => {
    const model = scriptedModel((_, call) => (call < 2 ? { error: overloaded() } : { text: 'At last.' }));
    const harness = agentHarness({ model });
    const row = await harness.execute();
    assert.deepEqual([row.status, row.cost.calls, harness.ledger.settled.size, row.cost.nusd], ['succeeded', 3, 3, 15]);
    assertClean(harness);
  });

  it('gives up after its tries, and does not try again what cannot succeed', async () => {
    const tired = agentHarness({ model: scriptedModel(() => ({ error: overloaded() })) });
    assert.equal((await tired.execute()).error?.code, 'PROVIDER_UNAVAILABLE');
    assert.equal(tired.ledger.settled.size, 3);
    assertClean(tired);
    const refused = agentHarness({
      model: scriptedModel(() => ({ error: new HaiosError('PROVIDER_AUTH', 'Wrong key.') })),
    });
    assert.equal((await refused.execute()).error?.code, 'PROVIDER_AUTH');
    assert.equal(refused.ledger.settled.size, 1);
    assert.equal(refused.run.cost.nusd, 0, 'a request that was refused unread costs nothing');
    assertClean(refused);
  });

  it('settles a stream that broke by its input and what was received, as an estimate', async () => {
    const broken = new HaiosError('PROVIDER_PROTOCOL', 'Garbage.');
    const harness = agentHarness({ model: scriptedModel([{ text: 'x'.repeat(400), error: broken }]) });
    const row = await harness.execute();
    assert.deepEqual([row.status, row.cost.estimated, row.cost.tokens.output], ['failed', true, 100]);
    assert.ok(row.cost.tokens.input > 0);
    assertClean(harness);
  });

  it('counts and marks a call without usage as an estimate', async () => {
    const harness = agentHarness({ model: scriptedModel([{ text: 'four', usage: null }]) });
    const row = await harness.execute();
    assert.deepEqual([row.status, row.cost.estimated, row.cost.tokens.output], ['succeeded', true, 1]);
  });

  it('is cancelled in the middle of a call: the call settles, the slot comes back', async () => {
    const model = scriptedModel([{ text: 'I begin', hang: true }]);
    const harness = agentHarness({ model });
    const ending = harness.execute();
    while (model.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    harness.run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
    const row = await ending;
    assert.deepEqual(
      [row.status, row.error?.message, row.cost.calls, row.cost.estimated],
      ['cancelled', 'Stopped by a person.', 1, true],
    );
    assertClean(harness);
  });

  it('pauses between calls and goes on', async () => {
    const model = scriptedModel([{ calls: [{ name: 'look', arguments: {} }] }, { text: 'Done.' }]);
    const harness: AgentHarness = agentHarness({
      model,
      tools: [fakeTool('look', async () => (harness.run.pause(), 'x'))],
    });
    const ending = harness.execute();
    while (harness.run.status !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(model.requests.length, 1);
    harness.run.continue();
    assert.equal((await ending).status, 'succeeded');
    assertClean(harness);
  });

  it('stops between calls when a measured budget is passed', async () => {
    const model = scriptedModel([{ calls: [{ name: 'burn', arguments: {} }] }, { text: 'never said' }]);
    const burn = fakeTool('burn', async (_, context) => (context.used({ cpuSeconds: 2, memBytes: 10 }), 'hot'));
    const harness = agentHarness({ model, tools: [burn], budget: { run: { cpu_seconds: 1 } } });
    const row = await harness.execute();
    assert.deepEqual([row.status, row.cost.cpuSeconds, model.requests.length], ['budget_exceeded', 2, 1]);
    assert.match(row.error?.message ?? '', /used 2 cpu_seconds, over its budget of 1/);
    assertClean(harness);
  });

  it('works as before when an answer is no plan', async () => {
    const model = scriptedModel((request) => ({
      text: request.role === 'planner' ? 'I would rather not.' : 'All done.',
    }));
    const row = await agentHarness({ model, prompt: 'do a; then do b' }).execute();
    assert.deepEqual([row.status, row.text, row.tasks], ['succeeded', 'All done.', 1]);
  });
});
