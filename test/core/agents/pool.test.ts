import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Agent } from '../../../src/core/agents/agent.ts';
import { AgentPool, type AgentAsked } from '../../../src/core/agents/pool.ts';
import { HaiosError, isHaiosError } from '../../../src/core/errors.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const stopped = new HaiosError('CANCELLED', 'Stopped by a person.');

function pool(capacity: number, mailbox = 10) {
  const clock = fakeClock();
  const events: CoreEvent[] = [];
  const agents = new AgentPool<string>({ capacity, mailbox }, clock, (event) => events.push(event));
  const controller = new AbortController();
  const ask = (over: Partial<AgentAsked> = {}): AgentAsked => ({
    tier: 'worker',
    runId: 'run',
    signal: controller.signal,
    ...over,
  });
  return { agents, clock, events, controller, ask };
}

describe('the agent pool', () => {
  it('starts agents that are ready at once, up to its capacity, and says which setting is in the way', () => {
    const { agents, events, ask } = pool(2);
    const lead = agents.start(ask({ tier: 'lead' }));
    const worker = agents.start(ask());
    assert.deepEqual(
      [lead.id, lead.tier, lead.runId, worker.id, worker.tier],
      ['lead-1', 'lead', 'run', 'worker-2', 'worker'],
    );
    assert.throws(
      () => agents.start(ask({ runId: 'other' })),
      (error) => isHaiosError(error, 'AGENTS_FULL') && /All 2 agents.*raise agents\.capacity/.test(error.message),
    );
    worker.end();
    worker.end();
    assert.equal(agents.active, 1);
    assert.equal(agents.start(ask()).id, 'worker-3');
    assert.deepEqual(
      events.map(({ type }) => type),
      ['agent_started', 'agent_started', 'agent_ended', 'agent_started'],
    );
  });

  it('lets one that holds no agent wait for its turn, and measures the wait as its start-up', async () => {
    const { agents, clock, events, ask } = pool(1);
    const first = agents.start(ask());
    const began: string[] = [];
    const waits = ['b', 'c'].map((runId) =>
      agents.startWhenFree(ask({ tier: 'lead', runId })).then((agent) => (began.push(runId), agent)),
    );
    assert.throws(() => agents.start(ask()), 'nobody passes those who wait');
    await clock.advance(40);
    assert.deepEqual(began, []);
    first.end();
    const second = await waits[0];
    assert.deepEqual([began, agents.active], [['b'], 1]);
    assert.deepEqual(events.at(-1), { type: 'agent_started', tier: 'lead', startupMs: 40 });
    second?.end();
    (await waits[1])?.end();
    assert.deepEqual([began, agents.active], [['b', 'c'], 0]);
  });

  it('lets more in when the capacity is raised, and ends nobody when it is lowered', async () => {
    const { agents, ask } = pool(1);
    agents.start(ask());
    const waiting = agents.startWhenFree(ask());
    agents.setLimits({ capacity: 2, mailbox: 1 });
    const second = await waiting;
    agents.setLimits({ capacity: 1, mailbox: 1 });
    assert.equal(agents.active, 2);
    second.end();
    assert.throws(() => agents.start(ask()));
  });

  it('ends the wait of one whose run is cancelled, and starts nothing for such a run', async () => {
    const { agents, controller, ask } = pool(1);
    const other = new AbortController();
    const first = agents.start(ask({ signal: other.signal, runId: 'other' }));
    const waiting = agents.startWhenFree(ask());
    controller.abort(stopped);
    await assert.rejects(waiting, stopped);
    first.end();
    assert.equal(agents.active, 0, 'the place is free and not given to one that left');
    assert.throws(() => agents.start(ask()), stopped);
    await assert.rejects(agents.startWhenFree(ask()), stopped);
    assert.equal(agents.active, 0);
  });
});

describe('agents of a run', () => {
  it('talk to each other, and to no agent that is of another run, has ended or never began', () => {
    const { agents, ask } = pool(3);
    const [a, b, stranger] = [agents.start(ask()), agents.start(ask()), agents.start(ask({ runId: 'other' }))];
    assert.equal(a.send(b.id, 'hello'), 'sent');
    assert.equal(b.unread, 1);
    assert.deepEqual(b.drain(), [{ from: a.id, body: 'hello' }]);
    const unknown = (id: string) => (error: unknown) =>
      isHaiosError(error, 'AGENT_UNKNOWN') && error.message.includes(`“${id}”`);
    assert.throws(() => stranger.send(b.id, 'hello'), unknown(b.id));
    assert.throws(() => a.send('worker-99', 'hello'), unknown('worker-99'));
    b.end();
    assert.throws(() => a.send(b.id, 'hello'), unknown(b.id));
    assert.throws(() => b.drain(), unknown(b.id));
  });

  it('tell an ended one’s waiting senders so', async () => {
    const { agents, events, ask } = pool(3, 1);
    const [a, b] = [agents.start(ask()), agents.start(ask())];
    void a.send(b.id, 'read by nobody');
    const sending = a.send(b.id, 'waits');
    b.end();
    await assert.rejects(Promise.resolve(sending), (error) => isHaiosError(error, 'AGENT_UNKNOWN'));
    assert.deepEqual(events.slice(2), [
      { type: 'messages_sent', count: 1 },
      { type: 'messages_dropped', count: 1 },
      { type: 'agent_ended', tier: 'worker' },
    ]);
  });

  it('are all told when their run is cancelled, those of other runs are not', async () => {
    const { agents, controller, ask } = pool(9, 1);
    const [a, b, c] = [agents.start(ask()), agents.start(ask()), agents.start(ask())];
    const elsewhere = { runId: 'other', signal: new AbortController().signal };
    const [d, e] = [agents.start(ask(elsewhere)), agents.start(ask(elsewhere))];
    void a.send(b.id, 'one');
    void d.send(e.id, 'one');
    const waits = [Promise.resolve(a.send(b.id, 'two')), Promise.resolve(c.send(b.id, 'two')), c.receive()];
    controller.abort(stopped);
    for (const wait of waits) await assert.rejects(wait, stopped);
    assert.throws(() => a.send(c.id, 'late'), stopped);
    assert.deepEqual(e.drain(), [{ from: d.id, body: 'one' }]);
    for (const agent of [a, b, c, d, e]) agent.end();
    assert.equal(agents.active, 0);
  });

  it('count what they send in aggregate: an event for what is read at once, none for a message', () => {
    const { agents, events, ask } = pool(2, 5000);
    const [a, b] = [agents.start(ask()), agents.start(ask())];
    for (let n = 0; n < 1000; n++) void a.send(b.id, 'x');
    b.drain();
    assert.deepEqual(events.slice(2), [{ type: 'messages_sent', count: 1000 }]);
  });

  it('are never more than the capacity, and every place comes back, in any order of starts, ends and cancellations', async () => {
    const step = fc.record({ run: fc.nat(2), act: fc.constantFrom('start', 'wait', 'end', 'cancel') });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 40 }), async (capacity, steps) => {
        const { agents } = pool(capacity);
        const controllers = [0, 1, 2].map(() => new AbortController());
        const atWork: Agent<string>[] = [];
        const waits: Promise<void>[] = [];
        for (const { run, act } of steps) {
          const signal = controllers[run]?.signal ?? AbortSignal.abort();
          const asked: AgentAsked = { tier: 'worker', runId: `run ${run}`, signal };
          if (act === 'end') atWork.shift()?.end();
          else if (act === 'cancel') controllers[run]?.abort(stopped);
          else if (act === 'wait') {
            waits.push(
              agents.startWhenFree(asked).then(
                (agent) => void atWork.push(agent),
                (error: unknown) => assert.equal(error, stopped),
              ),
            );
          } else {
            try {
              atWork.push(agents.start(asked));
            } catch (error) {
              assert.ok(error === stopped || isHaiosError(error, 'AGENTS_FULL'));
            }
          }
          assert.ok(agents.active <= capacity);
          await Promise.resolve();
        }
        for (const controller of controllers) controller.abort(stopped);
        await Promise.all(waits);
        for (const agent of atWork) agent.end();
        assert.equal(agents.active, 0);
      }),
      { numRuns: 300 },
    );
  });
});
