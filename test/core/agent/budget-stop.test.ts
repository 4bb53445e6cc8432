import assert from 'node:assert/strict';
import { HaiosError } from '../../../src/core/errors.ts';
import type { Ledger } from '../../../src/core/ports.ts';
import type { BudgetDecision } from '../../../src/protocol/messages.ts';
import type { BudgetStopView } from '../../../src/protocol/snapshot.ts';
import { agentHarness, assertClean, fakeTool, type AgentHarness, type AgentOptions } from '../../support/agent.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryLedger } from '../../support/memory-ledger.ts';
import { scriptedModel, type ScriptedTurn } from '../../support/scripted-model.ts';

const look: ScriptedTurn = { calls: [{ name: 'look', arguments: {} }], usage: { input: 90, output: 60 } };
const answer: ScriptedTurn = { text: 'Done.', usage: { input: 90, output: 60 } };
/** Each call may cost 200 nano-dollars and costs 150. */
const size = { maxOutputTokens: 100, inputBound: () => 100 };
const tools = [fakeTool('look', async () => 'green')];
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A run of two calls whose second one does not fit into 300 nano-dollars. */
function tight(options: Partial<AgentOptions> = {}): AgentHarness {
  return agentHarness({
    model: scriptedModel([look, answer], size),
    tools,
    budget: { run: { usd: 3e-7 } },
    onLimit: 'ask',
    ...options,
  });
}

const stopsOf = ({ events }: AgentHarness): BudgetStopView[] =>
  events.flatMap((event) => (event.type === 'budget_stopped' ? [event.stop] : []));
const decisionsOf = ({ events }: AgentHarness): string[] =>
  events.flatMap((event) => (event.type === 'budget_decided' ? [event.decision] : []));

/** Resolves when the run waits for a budget. */
async function stopped(harness: AgentHarness, times = 1): Promise<BudgetStopView> {
  for (;;) {
    const stop = stopsOf(harness)[times - 1];
    if (stop !== undefined && harness.run.row().waiting === 'budget') return stop;
    assert.equal(harness.run.row().endedAt, null, `it has ended: ${harness.run.row().error?.message ?? ''}`);
    await turns();
  }
}

const refused = (harness: AgentHarness, decision: BudgetDecision, message: RegExp): Promise<void> =>
  assert.rejects(harness.stop.decide(decision), { code: 'BUDGET_DECISION', message });

describe('a run whose budget allows no further call', () => {
  it('waits with its checkpoint saved, and says which budget, what the next call may cost and what would do', async () => {
    const harness = tight();
    const ending = harness.execute();
    const stop = await stopped(harness);
    assert.deepEqual([harness.run.status, harness.run.row().waiting], ['waiting', 'budget']);
    assert.equal(harness.checkpoints.at(-1)?.root.messages.length, 3);
    assert.equal(harness.checkpoints.length, 4, 'when it began, planned, had its first turn, and at the stop');
    const { budget, asked, raises, freesAt, waits, cheaper } = stop;
    assert.deepEqual(
      [budget?.name, budget?.scope, budget?.limit, budget?.used, asked, raises, freesAt, waits, cheaper],
      ['run', 'run', 300, 150, 200, [1000, 2000], null, false, []],
    );
    assert.match(stop.message, /run budget “run” of \$0\.0000003 does not allow this call/);
    assert.equal(harness.scheduler.status().global.active, 0, 'no slot is held');
    assert.equal(harness.ledger.held.size, 0, 'no money is held');
    await harness.stop.decide({ type: 'stop' });
    await ending;
    assertClean(harness);
  });

  it('goes on with the same call when it is raised, for all windows, and what was spent stays spent', async () => {
    const harness = tight();
    const ending = harness.execute();
    await stopped(harness);
    await harness.stop.decide({ type: 'raise', limit: 2000, until: null });
    const row = await ending;
    assert.deepEqual([row.status, row.text, row.cost.nusd, row.cost.calls], ['succeeded', 'Done.', 300, 2]);
    const [override, ...more] = await harness.ledger.overrides(0);
    assert.deepEqual(
      [more.length, override?.name, override?.resource, override?.scope, override?.key, override?.window],
      [0, 'run', 'usd', 'run', 'run', 'lifetime'],
    );
    assert.deepEqual([override?.limit, override?.until, decisionsOf(harness)], [2000, null, ['raise']]);
    assert.ok(harness.events.some(({ type }) => type === 'budget_overridden'));
    assert.equal(harness.run.workMs >= 0, true);
    assertClean(harness);
  });

  it('is not raised to less than the next call needs, to no number, or until a moment in the past', async () => {
    const harness = tight();
    const ending = harness.execute();
    await stopped(harness);
    await refused(harness, { type: 'raise', limit: 349, until: null }, /give at least \$0\.00000035\.$/);
    await refused(
      harness,
      { type: 'raise', limit: 350.5, until: null },
      /350\.5 is not a whole number of nano-dollars/,
    );
    await refused(harness, { type: 'raise', limit: Infinity, until: null }, /not a whole number/);
    await refused(harness, { type: 'raise', limit: NaN, until: null }, /not a whole number/);
    await refused(harness, { type: 'raise', limit: 400, until: 1 }, /in the past/);
    assert.deepEqual([harness.run.status, await harness.ledger.overrides(0)], ['waiting', []]);
    await harness.stop.decide({ type: 'raise', limit: 350, until: null });
    assert.equal((await ending).status, 'succeeded');
    assertClean(harness);
  });

  it('ends as exceeded when it is stopped, with the issue, and can be resumed', async () => {
    const harness = tight();
    const ending = harness.execute();
    await stopped(harness);
    await harness.stop.decide({ type: 'stop' });
    const row = await ending;
    assert.deepEqual([row.status, row.error?.code, row.cost.nusd], ['budget_exceeded', 'BUDGET_EXCEEDED', 150]);
    assert.equal(harness.events.filter(({ type }) => type === 'issue').length, 1);
    assertClean(harness);
  });

  it('goes on with another model, keeps its conversation and its row shows the model', async () => {
    const free = scriptedModel([answer], { ...size, id: 'free', free: true });
    const harness = tight({ others: [free, scriptedModel([], { ...size, id: 'dear' })] });
    const ending = harness.execute();
    assert.deepEqual((await stopped(harness)).cheaper, ['free']);
    await assert.rejects(harness.stop.decide({ type: 'switch_model', model: 'none' }), { code: 'MODEL_UNKNOWN' });
    assert.equal(harness.run.status, 'waiting');
    await harness.stop.decide({ type: 'switch_model', model: 'free' });
    const row = await ending;
    assert.deepEqual([row.status, row.model, row.cost.nusd], ['succeeded', 'free', 150]);
    assert.deepEqual(
      free.requests[0]?.messages.map(({ role }) => role),
      ['user', 'assistant', 'tool'],
    );
    assertClean(harness);
  });

  it('asks again when it is continued, and stops again while nothing changed', async () => {
    const harness = tight();
    const ending = harness.execute();
    await stopped(harness);
    await harness.stop.decide({ type: 'continue' });
    await stopped(harness, 2);
    await harness.stop.decide({ type: 'stop' });
    await ending;
    assert.deepEqual(decisionsOf(harness), ['continue', 'stop']);
    assertClean(harness);
  });

  it('notices that the budget was raised in another window', async () => {
    const clock = fakeClock();
    const harness = tight({ clock });
    const ending = harness.execute();
    await stopped(harness);
    await clock.advance(5000);
    assert.equal(harness.run.status, 'waiting');
    const ref = { name: 'run', resource: 'usd', scope: 'run', key: 'run', window: 'lifetime' } as const;
    await harness.ledger.override({ ...ref, overrideId: 'theirs', at: 0, limit: 1000, until: null });
    await clock.advance(2000);
    assert.equal((await ending).status, 'succeeded');
    assert.equal(clock.pending(), 0);
    assertClean(harness);
  });

  it('waits for its window and goes on by itself, as long as it takes', async () => {
    const clock = fakeClock();
    const windows = [{ scope: 'user', window: 'day', resource: 'usd', limit: 3e-7 }] as const;
    const harness = tight({
      clock,
      budget: { windows },
      model: scriptedModel([look, look, look, answer], size),
    });
    const ending = harness.execute();
    const { freesAt } = await stopped(harness);
    assert.equal(freesAt, new Date(clock.now()).setHours(24, 0, 0, 0));
    await harness.stop.decide({ type: 'wait' });
    assert.deepEqual(
      stopsOf(harness).map(({ waits }) => waits),
      [false, true],
    );
    await clock.advance((freesAt ?? 0) - clock.now() - 1000);
    assert.equal(harness.run.status, 'waiting');
    await clock.advance(2000);
    // The next day holds one call, too; nobody is asked again.
    const next = await stopped(harness, 3);
    assert.equal(next.waits, true);
    for (let day = 0; day < 3; day++) await clock.advance(86_400_000);
    assert.equal((await ending).status, 'succeeded');
    assertClean(harness);
  });

  it('does not wait for what never comes', async () => {
    const harness = tight();
    const ending = harness.execute();
    await stopped(harness);
    await refused(harness, { type: 'wait' }, /does not allow the call by itself/);
    await harness.stop.decide({ type: 'stop' });
    assert.equal((await ending).status, 'budget_exceeded');
  });

  it('stops at once or waits without asking, as it was started', async () => {
    const windows = [{ scope: 'user', window: 'day', resource: 'usd', limit: 3e-7 }] as const;
    const stops = tight({ onLimit: 'stop', budget: { windows } });
    assert.equal((await stops.execute()).status, 'budget_exceeded');
    const never = tight({ onLimit: 'wait' });
    assert.equal((await never.execute()).status, 'budget_exceeded', 'a run’s own budget frees nothing');
    const clock = fakeClock();
    const waits = tight({ onLimit: 'wait', clock, budget: { windows } });
    const ending = waits.execute();
    assert.equal((await stopped(waits)).waits, true);
    await clock.advance(86_400_000);
    assert.equal((await ending).status, 'succeeded');
  });

  it('waits out a pace by itself, also where a limit would stop it', async () => {
    const clock = fakeClock();
    const ledger = memoryLedger();
    const opens = clock.now() + 3_600_000;
    const paced: Pick<Ledger, 'admit'> = {
      async admit(ask, limits) {
        const [limit] = limits;
        if (limit === undefined || clock.now() >= opens) return ledger.admit(ask, limits);
        const [use] = await ledger.use([limit]);
        assert.ok(use);
        const slow = { ...limit, pace: { allowed: 0, perMs: 1 } };
        return { kind: 'wait', limit: slow, use: { ...use, freesAt: opens } };
      },
    };
    const harness = tight({ clock, ledger: { ...ledger, ...paced }, budget: { run: { usd: 1 } }, onLimit: 'stop' });
    const ending = harness.execute();
    const { waits, freesAt } = await stopped(harness);
    assert.deepEqual([waits, freesAt], [true, opens]);
    await clock.advance(3_602_000);
    assert.equal((await ending).status, 'succeeded');
    assertClean(harness);
  });

  it('makes one stop for all calls that are refused at once', async () => {
    // The answer cost more tokens than its bound: none of its tool calls may begin.
    const dear = ['a', 'b', 'c'].map((name) => ({ name: 'look', arguments: { name } }));
    const model = scriptedModel([{ calls: dear, usage: { input: 1400, output: 100 } }, answer], size);
    const harness = tight({ model, budget: { run: { tokens: 1000 } } });
    const ending = harness.execute();
    const stop = await stopped(harness);
    assert.deepEqual([stop.budget?.resource, stop.budget?.used, stop.asked], ['tokens', 1500, 0]);
    await refused(harness, { type: 'raise', limit: 1499, until: null }, /give at least 1500 tokens/);
    await harness.stop.decide({ type: 'raise', limit: 5000, until: null });
    const row = await ending;
    assert.deepEqual([row.status, row.workerCalls, stopsOf(harness).length], ['succeeded', 5, 1]);
    assertClean(harness);
  });

  it('lets running calls end and begins none that waits in its lane', async () => {
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => (finish = resolve));
    let begun = 0;
    const dig = fakeTool('dig', async () => {
      begun++;
      await slow;
      return 'dug';
    });
    const calls = Array.from({ length: 30 }, () => ({ name: 'dig', arguments: {} }));
    const harness = agentHarness({ model: scriptedModel([{ calls }, answer]), tools: [dig], onLimit: 'ask' });
    const ending = harness.execute();
    while (begun === 0) await turns();
    await turns();
    const running = begun;
    assert.ok(running < calls.length);
    harness.stop.afterCall();
    assert.equal(harness.run.status, 'running', 'calls are under way');
    finish();
    await stopped(harness);
    assert.equal(begun, running);
    await harness.stop.decide({ type: 'continue' });
    assert.equal((await ending).status, 'succeeded');
    assert.equal(begun, calls.length);
    assertClean(harness);
  });

  it('takes one decision: a second one, at the same time or after it, is refused', async () => {
    const harness = tight();
    const ending = harness.execute();
    await stopped(harness);
    const first = harness.stop.decide({ type: 'raise', limit: 1000, until: null });
    await refused(harness, { type: 'raise', limit: 5000, until: null }, /does not wait for a decision/);
    await first;
    await refused(harness, { type: 'stop' }, /does not wait for a decision/);
    assert.equal((await ending).status, 'succeeded');
    await refused(harness, { type: 'continue' }, /does not wait for a decision/);
    assert.deepEqual(
      (await harness.ledger.overrides(0)).map(({ limit }) => limit),
      [1000],
    );
  });

  it('is cancelled while it waits, and while a decision is carried out', async () => {
    const cancel = new HaiosError('CANCELLED', 'Stopped by a person.');
    const waiting = tight();
    const ending = waiting.execute();
    await stopped(waiting);
    waiting.run.cancel(cancel);
    assert.equal((await ending).status, 'cancelled');
    await refused(waiting, { type: 'continue' }, /gone on or ended/);
    assertClean(waiting);

    const ledger = memoryLedger();
    let write = (): void => undefined;
    const slow = new Promise<void>((resolve) => (write = resolve));
    const deciding = tight({
      ledger: { ...ledger, override: (row) => slow.then(() => ledger.override(row)) },
    });
    const decided = deciding.execute();
    await stopped(deciding);
    const decision = deciding.stop.decide({ type: 'raise', limit: 1000, until: null });
    deciding.run.cancel(cancel);
    assert.equal((await decided).status, 'cancelled');
    write();
    await decision;
    assert.equal(deciding.run.status, 'cancelled');
    assert.deepEqual(decisionsOf(deciding), []);
  });

  it('trap: cap reset by resume or restart', async () => {
    const ledger = memoryLedger();
    const first = tight({ ledger });
    const ending = first.execute();
    await stopped(first);
    first.run.cancel(new HaiosError('RUNTIME_LOST', 'The window was closed.'));
    const interrupted = await ending;
    assert.equal(interrupted.status, 'interrupted');
    const checkpoint = first.checkpoints.at(-1);
    assert.ok(checkpoint);
    const resumed = {
      ledger,
      row: interrupted,
      costs: new Map([[checkpoint.root.taskId, interrupted.cost]]),
    };
    const second = tight({
      idsFrom: 1000,
      ...resumed,
      checkpoint: structuredClone(checkpoint),
      model: scriptedModel([answer], size),
    });
    const again = second.execute();
    const stop = await stopped(second);
    assert.deepEqual([stop.budget?.used, stop.budget?.limit], [150, 300], 'what was spent stays spent');
    await second.stop.decide({ type: 'raise', limit: 350, until: null });
    const row = await again;
    assert.deepEqual([row.status, row.cost.nusd], ['succeeded', 300]);

    // The same run once more: its raised limit holds, and no more than that.
    const third = tight({
      idsFrom: 2000,
      ...resumed,
      checkpoint: structuredClone(checkpoint),
      costs: new Map([[checkpoint.root.taskId, row.cost]]),
      model: scriptedModel([answer], size),
    });
    const last = third.execute();
    const full = await stopped(third);
    assert.deepEqual([full.budget?.used, full.budget?.limit, full.budget?.overridden?.limit], [300, 350, 300]);
    await third.stop.decide({ type: 'stop' });
    await last;
  });

  it('trap: a token cap that counts re-sent context as new work without saying so', async () => {
    const grows = [90, 140, 180].map((input) => ({ ...look, usage: { input, output: 60 } }));
    const budget = { run: { tokens: 600 } };
    const harness = tight({ model: scriptedModel(grows, size), budget });
    const ending = harness.execute();
    const { message } = await stopped(harness);
    // 140 of the second call and 180 of the third: each below what the call before it carried.
    assert.match(message, /590 tokens is spent.* All tokens count, of which 320 so far were context sent again\.$/);
    harness.run.cancel(new HaiosError('RUNTIME_LOST', 'The window was closed.'));
    const row = await ending;
    const checkpoint = harness.checkpoints.at(-1);
    assert.ok(checkpoint);
    const costs = new Map([[checkpoint.root.taskId, row.cost]]);
    const { ledger } = harness;
    const resumed = tight({ model: scriptedModel([], size), budget, ledger, row, costs, checkpoint, idsFrom: 1000 });
    const again = resumed.execute();
    assert.match((await stopped(resumed)).message, /of which 320 so far were/);
    await resumed.stop.decide({ type: 'stop' });
    await again;

    const task = await tight({
      model: scriptedModel(grows, size),
      budget: { file: { task: budget.run } },
      onLimit: 'stop',
    }).execute();
    assert.match(task.error?.message ?? '', /task budget .* of which 320 so far were context sent again\.$/);
    const quota = await tight({ model: scriptedModel(grows, size), budget: { quota: budget.run } }).execute();
    assert.equal(quota.error?.code, 'QUOTA_EXCEEDED');
    assert.match(quota.error?.message ?? '', /of which 320 so far were context sent again\.$/);
  });

  it('ends by a quota as before, without a question', async () => {
    const row = await tight({ budget: { quota: { calls: 1 } } }).execute();
    assert.deepEqual([row.status, row.error?.code], ['budget_exceeded', 'QUOTA_EXCEEDED']);
  });

  it('counts a call that was refused once against a quota of calls', async () => {
    const harness = tight({ budget: { run: { usd: 3e-7 }, quota: { calls: 3 } } });
    const ending = harness.execute();
    for (const times of [1, 2, 3]) {
      await stopped(harness, times);
      await harness.stop.decide(times < 3 ? { type: 'continue' } : { type: 'raise', limit: 1000, until: null });
    }
    assert.equal((await ending).status, 'succeeded');
  });
});

describe('a run that a person stops after its call', () => {
  it('lets the call end, waits, and goes on or stops as it is told', async () => {
    for (const decision of ['continue', 'stop'] as const) {
      const harness: AgentHarness = tight({
        budget: {},
        tools: [fakeTool('look', async () => (harness.stop.afterCall(), 'green'))],
      });
      const ending = harness.execute();
      const stop = await stopped(harness);
      assert.deepEqual([stop.budget, stop.raises, stop.freesAt, harness.run.row().workerCalls], [null, [], null, 2]);
      await refused(harness, { type: 'raise', limit: 1, until: null }, /No budget stopped this run/);
      await refused(harness, { type: 'wait' }, /by itself/);
      await harness.stop.decide({ type: decision });
      const { status } = await ending;
      assert.equal(status, decision === 'continue' ? 'succeeded' : 'budget_exceeded');
      assert.deepEqual(
        harness.events.filter(({ type }) => type === 'issue'),
        [],
      );
      assertClean(harness);
    }
  });

  it('can be told to go on before the call has ended, and ends well if that was its last call', async () => {
    const early: AgentHarness = tight({
      budget: {},
      tools: [fakeTool('look', async () => (harnessStop(early), early.stop.continue(), 'green'))],
    });
    assert.equal((await early.execute()).status, 'succeeded');
    assert.deepEqual(stopsOf(early), []);
    const last: AgentHarness = agentHarness({
      model: scriptedModel(() => (harnessStop(last), answer), size),
      onLimit: 'ask',
    });
    assert.equal((await last.execute()).status, 'succeeded');
    assertClean(last);
  });
});

function harnessStop(harness: AgentHarness): void {
  harness.stop.afterCall();
}
