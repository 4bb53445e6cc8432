import assert from 'node:assert/strict';
import { TaskControls } from '../../../src/core/agent/task-control.ts';
import { newTaskState } from '../../../src/core/agent/pipeline.ts';
import { HaiosError, isHaiosError } from '../../../src/core/errors.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import type { ModelRequest } from '../../../src/core/ports.ts';
import type { TaskRow } from '../../../src/protocol/rows.ts';
import { agentHarness, assertClean, fakeTool, type AgentHarness, type AgentOptions } from '../../support/agent.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { scriptedModel, type ScriptedTurn } from '../../support/scripted-model.ts';

const prompt = 'do a; then do b';
const plan = {
  type: 'inspect',
  size: 'M',
  steps: [
    { title: 'A', prompt: 'do a' },
    { title: 'B', prompt: 'do b' },
  ],
};

const turns = async (n = 5): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turns(1);
}

function textOf({ messages }: ModelRequest): string {
  const [first] = messages;
  return first?.role === 'user' ? first.text : '';
}

/** A run of two steps on a clock that stands still; `step` says what the model answers to a step. */
function twoSteps(step: (prompt: string, call: number) => ScriptedTurn, more: Partial<AgentOptions> = {}) {
  let calls = 0;
  const model = scriptedModel((request) => {
    if (request.role === 'planner') return { text: JSON.stringify(plan) };
    if (request.role === 'summariser') return { text: textOf(request) };
    return step(textOf(request), ++calls);
  });
  const harness = agentHarness({ model, prompt, clock: fakeClock(), ...more });
  return { model, harness };
}

function tasks({ events }: AgentHarness): Map<string, TaskRow> {
  const rows = new Map<string, TaskRow>();
  for (const event of events) {
    if (event.type === 'task_started' || event.type === 'task_ended') rows.set(event.task.title, event.task);
  }
  return rows;
}

function idOf(harness: AgentHarness, title: string): string {
  return tasks(harness).get(title)?.taskId ?? '';
}

function spanEvents(events: readonly CoreEvent[], name: string): string[] {
  return events.flatMap((event) =>
    event.type === 'task_span_event' && event.name === name ? [event.span.spanId] : [],
  );
}

describe('one task of a run', () => {
  it('pauses before its next call and goes on; the run then shows as paused, and its time stands still', async () => {
    const clock = fakeClock();
    const pausing = fakeTool('pause', async () => (harness.run.tasks.control(idOf(harness, 'A'), 'pause'), 'x'));
    const { model, harness } = twoSteps(
      (_, call) => (call === 1 ? { calls: [{ name: 'pause', arguments: {} }] } : { text: 'fine' }),
      { tools: [pausing], clock },
    );
    const ending = harness.execute();
    await until(() => harness.run.status === 'waiting');
    await turns();
    assert.deepEqual(
      [model.requests.length, harness.run.row().waiting, harness.scheduler.status().global.active],
      [2, 'paused', 0],
    );
    await clock.advance(60_000);
    harness.run.tasks.control(idOf(harness, 'A'), 'continue');
    const row = await ending;
    assert.deepEqual([row.status, row.durationMs, row.waiting], ['succeeded', 0, null]);
    const a = tasks(harness).get('A')?.spanId;
    assert.deepEqual([spanEvents(harness.events, 'paused'), spanEvents(harness.events, 'continued')], [[a], [a]]);
    assertClean(harness);
  });

  it('pauses with the task it belongs to, and goes on when the run is continued', async () => {
    const pausing = fakeTool('pause', async () => (harness.run.tasks.control(idOf(harness, prompt), 'pause'), 'x'));
    const { harness } = twoSteps(
      (_, call) => (call === 1 ? { calls: [{ name: 'pause', arguments: {} }] } : { text: 'fine' }),
      { tools: [pausing] },
    );
    const ending = harness.execute();
    await until(() => harness.run.status === 'waiting');
    harness.run.tasks.control(idOf(harness, 'A'), 'continue');
    await turns();
    assert.equal(harness.run.status, 'waiting', 'the task above is still paused');
    harness.run.continue();
    assert.equal((await ending).status, 'succeeded');
    assertClean(harness);
  });

  it('is cancelled in the middle of its call; the others go on and the answer is told that it has no result', async () => {
    const { model, harness } = twoSteps((step) =>
      step === 'do a' ? { text: 'I begin', hang: true } : { text: 'did b' },
    );
    const ending = harness.execute();
    await until(() => model.requests.length === 2);
    harness.run.tasks.control(idOf(harness, 'A'), 'cancel');
    const row = await ending;
    assert.equal(row.status, 'succeeded');
    assert.equal(row.text, '## A\n\nA person cancelled this step; it has no result.\n\n## B\n\ndid b');
    const ended = tasks(harness);
    assert.deepEqual(
      ['A', 'B', prompt].map((title) => [ended.get(title)?.status, ended.get(title)?.error ?? null]),
      [
        ['cancelled', 'Task “A” was cancelled by a person.'],
        ['succeeded', null],
        ['decomposed', null],
      ],
    );
    assert.equal(ended.get('A')?.cost.calls, 1, 'what the aborted call used is settled');
    assertClean(harness);
  });

  it('is cancelled while it is paused', async () => {
    const pausing = fakeTool('pause', async () => (harness.run.tasks.control(idOf(harness, 'A'), 'pause'), 'x'));
    const { harness } = twoSteps(
      (_, call) => (call === 1 ? { calls: [{ name: 'pause', arguments: {} }] } : { text: 'fine' }),
      { tools: [pausing] },
    );
    const ending = harness.execute();
    await until(() => harness.run.status === 'waiting');
    harness.run.tasks.control(idOf(harness, 'A'), 'cancel');
    assert.equal((await ending).status, 'succeeded');
    assert.equal(tasks(harness).get('A')?.status, 'cancelled');
    assertClean(harness);
  });

  it('takes the run with it when it is the whole of it', async () => {
    const { model, harness } = twoSteps(() => ({ hang: true }));
    const ending = harness.execute();
    await until(() => model.requests.length === 2);
    harness.run.tasks.control(idOf(harness, prompt), 'cancel');
    const row = await ending;
    assert.deepEqual([row.status, row.error?.message], ['cancelled', 'Stopped by a person.']);
    assert.deepEqual(
      [...tasks(harness).values()].map(({ status }) => status),
      ['cancelled', 'cancelled'],
    );
    assertClean(harness);
  });

  it('stays cancelled when its run is interrupted and resumed', async () => {
    const first = twoSteps(() => ({ hang: true }));
    const stopping = first.harness.execute();
    await until(() => first.model.requests.length === 2);
    first.harness.run.tasks.control(idOf(first.harness, 'A'), 'cancel');
    await until(() => first.model.requests.length === 3);
    first.harness.run.cancel(new HaiosError('RUNTIME_LOST', 'Gone.'));
    const stopped = await stopping;
    assert.equal(stopped.status, 'interrupted');
    const checkpoint = first.harness.checkpoints.at(-1);
    assert.ok(checkpoint);
    const second = twoSteps((step) => ({ text: `did ${step}` }), { checkpoint, row: stopped });
    const row = await second.harness.execute();
    assert.equal(row.text, '## A\n\nA person cancelled this step; it has no result.\n\n## B\n\ndid do b');
  });

  it('begins again from its prompt: its messages go, its cost stays, its span goes on', async () => {
    const { model, harness } = twoSteps(
      (_, call) =>
        call === 1 ? { calls: [{ name: 'look', arguments: {} }] } : call === 2 ? { hang: true } : { text: 'fine' },
      { tools: [fakeTool('look', async () => 'x')] },
    );
    const ending = harness.execute();
    await until(() => model.requests.length === 3);
    harness.run.tasks.control(idOf(harness, 'A'), 'retry');
    assert.equal((await ending).status, 'succeeded');
    assert.deepEqual(
      model.requests.slice(1).map(({ role, messages }) => `${role} ${messages.length}`),
      ['executor 1', 'executor 3', 'executor 1', 'executor 1', 'summariser 1'],
    );
    const a = tasks(harness).get('A');
    assert.deepEqual([a?.status, a?.cost.calls], ['succeeded', 3]);
    assert.deepEqual(spanEvents(harness.events, 'retried'), [a?.spanId]);
    const begun = harness.events.flatMap((event) => (event.type === 'span_started' ? [event.span.spanId] : []));
    assert.equal(new Set(begun).size, begun.length, 'each span begins once');
    assertClean(harness);
  });

  it('that is the whole run plans anew when it begins again', async () => {
    const { model, harness } = twoSteps((_, call) => (call === 1 ? { hang: true } : { text: 'fine' }));
    const ending = harness.execute();
    await until(() => model.requests.length === 2);
    harness.run.tasks.control(idOf(harness, prompt), 'retry');
    assert.equal((await ending).status, 'succeeded');
    assert.deepEqual(
      model.requests.map(({ role }) => role),
      ['planner', 'executor', 'planner', 'executor', 'executor', 'summariser'],
    );
    assert.equal(harness.run.row().tasks, 4, 'the steps of both attempts are in the books');
    assertClean(harness);
  });

  it('is done after all when it was cancelled and is begun again while the others are at work', async () => {
    const { model, harness } = twoSteps((step, call) => (call < 3 ? { hang: true } : { text: `did ${step}` }));
    const ending = harness.execute();
    await until(() => model.requests.length === 2);
    const a = idOf(harness, 'A');
    harness.run.tasks.control(a, 'cancel');
    await until(() => model.requests.length === 3);
    harness.run.tasks.control(a, 'retry');
    harness.run.tasks.control(idOf(harness, 'B'), 'retry');
    const row = await ending;
    assert.equal(row.text, '## A\n\ndid do a\n\n## B\n\ndid do b');
    assert.deepEqual(
      harness.events.flatMap((event) =>
        event.type === 'steps_left' ? [event.steps?.map(({ title, depth }) => `${title} ${depth}`) ?? null] : [],
      ),
      [['A 1', 'B 1'], ['A 1', 'B 1'], null],
      'what is left is told before the first step, when one is to be done again, and at the end',
    );
    assertClean(harness);
  });

  it('tells a question to a person that it is no longer asked', async () => {
    let asked: AbortSignal | undefined;
    const ask = fakeTool('ask', async (_, context) => {
      const request = { kind: 'write', title: 'Write x', detail: '', path: 'x', protected: false } as const;
      return (await context.approve(request)) ? 'yes' : 'no';
    });
    const { harness } = twoSteps(
      (step) => (step === 'do a' ? { calls: [{ name: 'ask', arguments: {} }] } : { text: 'did b' }),
      {
        tools: [ask],
        approve: (_, signal) =>
          new Promise((resolve) => {
            asked = signal;
            signal.addEventListener('abort', () => resolve(false));
          }),
      },
    );
    const ending = harness.execute();
    await until(() => asked !== undefined);
    harness.run.tasks.control(idOf(harness, 'A'), 'cancel');
    assert.equal((await ending).status, 'succeeded');
    assertClean(harness);
  });

  it('that ended, or never was, cannot be controlled', async () => {
    const { model, harness } = twoSteps((step) => (step === 'do a' ? { text: 'did a' } : { hang: true }));
    const ending = harness.execute();
    await until(() => model.requests.length === 3);
    const gone = (error: unknown): boolean => isHaiosError(error, 'RUN_NOT_FOUND') && /not at work/.test(error.message);
    for (const action of ['pause', 'continue', 'cancel'] as const) {
      assert.throws(() => harness.run.tasks.control(idOf(harness, 'A'), action), gone);
    }
    assert.throws(() => harness.run.tasks.control('nothing', 'retry'), gone);
    harness.run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
    await ending;
    assert.throws(() => harness.run.tasks.control(idOf(harness, 'A'), 'retry'), gone);
  });
});

describe('the agents of a run', () => {
  const told = ({ events }: AgentHarness): string[] =>
    events.flatMap((event) => {
      if (event.type === 'agent_started' || event.type === 'agent_ended') return [`${event.type} ${event.tier}`];
      return event.type === 'messages_sent' ? [`${event.type} ${event.count}`] : [];
    });

  it('are a lead and a worker for each step, which is assigned and answered by message', async () => {
    const { harness } = twoSteps(() => ({ text: 'fine' }));
    await harness.execute();
    const step = ['agent_started worker', 'messages_sent 1', 'messages_sent 1', 'agent_ended worker'];
    assert.deepEqual(told(harness), ['agent_started lead', ...step, ...step, 'agent_ended lead']);
    assertClean(harness);
  });

  it('do without a worker when the pool is full: the lead does the steps itself', async () => {
    const { harness } = twoSteps((step) => ({ text: `did ${step}` }), { agents: { capacity: 1, mailbox: 1 } });
    const row = await harness.execute();
    assert.equal(row.text, '## A\n\ndid do a\n\n## B\n\ndid do b');
    assert.deepEqual(told(harness), ['agent_started lead', 'agent_ended lead']);
    assertClean(harness);
  });

  it('pass on what made a step fail, and all end', async () => {
    const { harness } = twoSteps(() => ({ error: new HaiosError('PROVIDER_AUTH', 'Wrong key.') }));
    const row = await harness.execute();
    assert.deepEqual([row.status, row.error?.code], ['failed', 'PROVIDER_AUTH']);
    assertClean(harness);
  });

  it('wait for a place before the run’s first task, or leave with the run', async () => {
    const { harness } = twoSteps(() => ({ text: 'fine' }), { agents: { capacity: 1, mailbox: 1 } });
    const other = harness.agents.start({ tier: 'lead', runId: 'other', signal: new AbortController().signal });
    const ending = harness.execute();
    await turns();
    assert.equal(tasks(harness).size, 0);
    other.end();
    assert.equal((await ending).status, 'succeeded');

    const full = twoSteps(() => ({ text: 'fine' }), { agents: { capacity: 1, mailbox: 1 } }).harness;
    const holder = full.agents.start({ tier: 'lead', runId: 'other', signal: new AbortController().signal });
    const waiting = full.execute();
    await turns();
    full.run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
    assert.equal((await waiting).status, 'cancelled');
    holder.end();
    assertClean(full);
  });
});

describe('TaskControls', () => {
  const state = (taskId: string) => newTaskState({ taskId, spanId: taskId, title: taskId, prompt: '', depth: 0 });

  it('shows a pause only when nothing else can go on', async () => {
    const shown: boolean[] = [];
    const run = { signal: new AbortController().signal, cancel: () => undefined };
    const controls = new TaskControls(run, (_, held) => shown.push(held));
    const root = controls.open(state('root'), null);
    const [a, b] = [controls.open(state('a'), 'root'), controls.open(state('b'), 'root')];
    const bEnds = await controls.admit(b);
    controls.control('a', 'pause');
    const aWaits = controls.admit(a);
    await turns();
    assert.deepEqual(shown, [], 'b is at work');
    bEnds();
    bEnds();
    assert.deepEqual(shown, [true]);
    (await controls.admit(b))();
    assert.deepEqual(shown, [true, false, true]);
    controls.control('a', 'continue');
    (await aWaits)();
    assert.deepEqual(shown, [true, false, true, false]);
    for (const control of [a, b, root]) controls.close(control);
  });
});
