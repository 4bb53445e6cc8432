import assert from 'node:assert/strict';
import { HaiosError } from '../../../src/core/errors.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import { MemoryGuard } from '../../../src/core/lanes/memory-guard.ts';
import { Scope } from '../../../src/core/lanes/scope.ts';
import { workerCall, type Guards, type WorkContext, type WorkerCall } from '../../../src/core/lanes/worker-call.ts';
import { Tracer } from '../../../src/core/trace.ts';
import { countingIds, fakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { guards, leaks, limits, scheduler, settle, timeouts } from '../../support/lanes.ts';

interface Bench {
  readonly clock: FakeClock;
  readonly guards: Guards;
  readonly events: CoreEvent[];
  readonly controller: AbortController;
  call<T>(run: (context: WorkContext) => Promise<T>, change?: Partial<WorkerCall<T>>): Promise<T>;
  /** Types of events, spans' apart. */
  told(): string[];
}

function bench(given: Partial<Guards> = {}): Bench {
  const clock = fakeClock();
  const events: CoreEvent[] = [];
  const observe = (event: CoreEvent): void => void events.push(event);
  const made: Guards = { ...guards(clock, scheduler(limits({ slots: { critic: 1 } }))), ...given };
  const tracer = new Tracer({ traceId: 'trace', runId: 'run', common: {} }, clock, countingIds(), () => undefined);
  const parent = tracer.start({ name: 'execute', kind: 'stage', parent: null });
  const calls = new Tracer({ traceId: 'trace', runId: 'run', common: {} }, clock, countingIds(), observe);
  const controller = new AbortController();
  const scope = new Scope({ signal: controller.signal });
  return {
    clock,
    guards: made,
    events,
    controller,
    call: (run, change = {}) =>
      workerCall(
        {
          lane: 'critic',
          what: 'tsc',
          priority: 'normal',
          scope,
          signal: controller.signal,
          tracer: calls,
          parent,
          timeouts,
          run,
          ...change,
        },
        { guards: made, clock, observe },
      ),
    told: () => events.map(({ type }) => type).filter((type) => !type.startsWith('span_')),
  };
}

/** Heeds its signal. */
const untilAborted = ({ signal }: WorkContext): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('torn down'))));
const forEver = (): Promise<never> => new Promise(() => undefined);

describe('workerCall', () => {
  it('runs its work in a slot, gives its value and the slot back, and tells it all', async () => {
    const { call, told, events, guards: made } = bench();
    assert.equal(await call(async ({ slot }) => slot.laneName), 'critic');
    assert.deepEqual(leaks(made.scheduler), []);
    assert.deepEqual(told(), ['call_waited', 'call_ended']);
    const ended = events.findLast(({ type }) => type === 'span_ended');
    assert.ok(ended?.type === 'span_ended');
    assert.equal(ended.span.name, 'worker_call:critic');
    assert.deepEqual(
      ended.span.events.map(({ name }) => name),
      ['acquired_slot', 'execution_started', 'execution_succeeded', 'call_completed'],
    );
    assert.deepEqual(made.statistics.figures('critic').success, 1);
  });

  it('has given the slot back when its caller goes on', async () => {
    const { call, guards: made } = bench();
    await call(async () => 1);
    assert.equal(made.scheduler.status().lanes.critic.active, 0);
    await assert.rejects(call(() => Promise.reject(new Error('no'))));
    assert.equal(made.scheduler.status().lanes.critic.active, 0);
  });

  it('tells TIMEOUT whatever the aborted work throws, and frees the slot', async () => {
    const { call, clock, events, guards: made } = bench();
    const outcome = assert.rejects(call(untilAborted), { code: 'TIMEOUT' });
    await clock.advance(7500);
    await outcome;
    const phases = events.flatMap((event) => (event.type === 'call_timeout' ? [event.phase] : []));
    assert.deepEqual(phases, ['warning', 'abort']);
    assert.deepEqual(leaks(made.scheduler), []);
    assert.equal(made.statistics.figures('critic').timeouts, 1);
  });

  it('kills what ignores its signal, tells its caller at once, and frees the slot when the work is dead', async () => {
    const { call, clock, guards: made } = bench();
    const outcome = assert.rejects(
      call((context) => new Promise<never>((_, reject) => context.onKill(() => reject(new Error('killed'))))),
      { code: 'TIMEOUT' },
    );
    await clock.advance(8500);
    await outcome;
    assert.deepEqual(leaks(made.scheduler), []);
    assert.deepEqual(made.late.of('critic'), []);
  });

  it('keeps the slot of work that cannot be killed, says who holds it, and drops and counts its late result', async () => {
    const { call, clock, told, guards: made } = bench();
    let finish: (value: string) => void = () => undefined;
    const outcome = assert.rejects(
      call(() => new Promise<string>((resolve) => (finish = resolve))),
      { code: 'TIMEOUT' },
    );
    await clock.advance(8500);
    await outcome;
    const waiting = call(async () => 'next');
    await settle();
    const [held] = made.late.of('critic');
    assert.deepEqual([held?.what, held?.runId, held?.phase, held?.limitMs], ['tsc', 'run', 'kill', 5000]);
    assert.equal(made.scheduler.status().lanes.critic.active, 1);
    finish('late');
    assert.equal(await waiting, 'next');
    assert.deepEqual([told().filter((type) => type === 'late_result').length, made.late.of('critic').length], [1, 0]);
    assert.deepEqual(leaks(made.scheduler), []);
  });

  it('shows a call that runs long as soon as it does', async () => {
    const { call, clock, controller, guards: made } = bench();
    const outcome = assert.rejects(call(untilAborted), /person/);
    await clock.advance(5000);
    assert.deepEqual(
      made.late.of('critic').map(({ phase, limitReason }) => [phase, limitReason]),
      [['warning', 'timeouts.default_ms']],
    );
    controller.abort(new Error('a person stopped it'));
    await outcome;
    assert.deepEqual(made.late.of('critic'), []);
  });

  it('an abort before, while it waits, while it runs: never a slot lost', async () => {
    const { call, clock, controller, guards: made } = bench();
    const running = assert.rejects(call(untilAborted), /gone/);
    const waiting = assert.rejects(call(forEver), /gone/);
    await settle();
    controller.abort(new Error('gone'));
    const before = assert.rejects(call(forEver), /gone/);
    await Promise.all([running, waiting, before]);
    assert.deepEqual(leaks(made.scheduler), []);
    assert.equal(clock.pending(), 0);
  });

  it('learns how long its work may take from its past calls', async () => {
    const { call, clock, guards: made } = bench();
    const learning = { ...timeouts, defaultMs: 60_000, adaptive: true, adaptiveMinMs: 100 };
    const takes = (ms: number) => () => new Promise<void>((resolve) => clock.after(ms, resolve));
    for (let n = 0; n < 20; n++) {
      const done = call(takes(100), { timeouts: learning });
      await clock.advance(100);
      await done;
    }
    const outcome = assert.rejects(call(untilAborted, { timeouts: learning }), {
      code: 'TIMEOUT',
      message: /learnt from 20 calls of tsc: 3 × their 99th percentile/,
    });
    await clock.advance(600);
    await outcome;
    assert.equal(made.adaptive.limits('critic', 'eslint', learning).limitMs, 60_000);
  });

  it('refuses while memory is over its limit, and says so', async () => {
    const memory = new MemoryGuard({ guards: true, maxRssBytes: 1000, heapWarningBytes: 1000 });
    const { call, events, guards: made } = bench({ memory });
    memory.sample({ rss: 2000, heap: 0, external: 0 });
    await assert.rejects(call(forEver), { code: 'MEMORY_LIMIT' });
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'call_rejected' ? [event.reason] : [])),
      ['memory'],
    );
    assert.equal(made.statistics.figures('critic').rejections, 1);
  });

  it('takes the load off a provider that says it is overloaded, and only then', async () => {
    const { call, guards: made } = bench();
    const fails = (details: Record<string, unknown>) => () =>
      Promise.reject(new HaiosError('PROVIDER_UNAVAILABLE', 'no', { details }));
    await assert.rejects(call(fails({ status: 500 }), { lane: 'model_call' }));
    await assert.rejects(call(fails({ status: 429 }), { lane: 'critic' }));
    assert.equal(made.scheduler.status().lanes.model_call.limit, 4);
    await assert.rejects(call(fails({ status: 529 }), { lane: 'model_call' }));
    assert.equal(made.scheduler.status().lanes.model_call.limit, 2);
  });

  it('measures its own time apart from the time of the work', async () => {
    const { call, clock, events } = bench();
    const first = call(() => new Promise<void>((resolve) => clock.after(300, resolve)));
    const second = call(() => new Promise<void>((resolve) => clock.after(200, resolve)));
    await clock.advance(500);
    await Promise.all([first, second]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'call_ended' ? [[event.durationMs, event.ownMs]] : [])),
      [
        [300, 0],
        [500, 300],
      ],
    );
  });
});
