import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../src/catalogue/errors.ts';
import { laneNames, priorities, type LaneName } from '../../src/catalogue/lanes.ts';
import { settingKeys } from '../../src/catalogue/settings.ts';
import { checkQuotas } from '../../src/core/budget/quota.ts';
import { HaiosError } from '../../src/core/errors.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import { predict } from '../../src/core/forecast/predict.ts';
import type { PastRun } from '../../src/core/forecast/likeness.ts';
import { MemoryGuard } from '../../src/core/lanes/memory-guard.ts';
import { Scope } from '../../src/core/lanes/scope.ts';
import { workerCall, type Guards, type WorkContext } from '../../src/core/lanes/worker-call.ts';
import { rowOf, Tracer } from '../../src/core/trace.ts';
import { laneNote } from '../../src/protocol/lane-note.ts';
import type { SpanRow } from '../../src/protocol/rows.ts';
import { laneViews } from '../../src/runtime/snapshots.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createRedactor } from '../../src/telemetry/redact.ts';
import { createTracing } from '../../src/telemetry/spans.ts';
import { countingIds, fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { anybody, ask, guards, leaks, limits, scheduler, settle, timeouts } from '../support/lanes.ts';
import { memoryLog, run as runRow, sources } from '../telemetry/fixtures.ts';

interface Runtime {
  readonly clock: FakeClock;
  readonly guards: Guards;
  readonly events: CoreEvent[];
  call<T>(lane: LaneName, work: (context: WorkContext) => Promise<T>, signal?: AbortSignal): Promise<T>;
  figures(): Promise<ReadonlyMap<string, number>>;
}

/** Guards, spans and metrics as a runtime puts them together, on a clock that the test moves. */
function runtime(change: Partial<Guards> = {}): Runtime {
  const clock = fakeClock();
  const events: CoreEvent[] = [];
  const made: Guards = { ...guards(clock, scheduler(limits({ slots: { critic: 2 }, queue: 5 }))), ...change };
  const metrics = createMetrics({ prefix: 'haios_', sources: sources({ lanes: () => laneViews(made) }) });
  const observe = (event: CoreEvent): void => {
    metrics.observe(event);
    events.push('span' in event ? { ...event, span: rowOf(event.span) } : event);
  };
  const tracer = new Tracer({ traceId: 'a'.repeat(32), runId: 'run-1', common: {} }, clock, countingIds(), observe);
  const parent = tracer.start({ name: 'execute', kind: 'stage', parent: null, stage: 'execute' });
  return {
    clock,
    guards: made,
    events,
    call: (lane, work, signal = new AbortController().signal) =>
      workerCall(
        {
          lane,
          what: 'tool',
          priority: 'normal',
          scope: new Scope({ signal }),
          signal,
          tracer,
          parent,
          timeouts,
          run: work,
        },
        { guards: made, clock, observe },
      ),
    async figures() {
      const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return new Map(
        lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
      );
    },
  };
}

const forEver = (): Promise<never> => new Promise(() => undefined);

describe('source 001, T6.4.8: Testing Dimensions Covered', () => {
  it('Functional: Slot acquisition/release, lane limits, memory guards', async () => {
    const memory = new MemoryGuard({ guards: true, maxRssBytes: 100, heapWarningBytes: 100 });
    const { call, guards: made } = runtime({ memory });
    let end = (): void => undefined;
    const work = (): Promise<void> => new Promise((resolve) => (end = resolve));
    const calls = [call('critic', work), call('critic', work), call('critic', work)];
    const { critic } = made.scheduler.status().lanes;
    assert.deepEqual([critic.active, critic.limit, critic.queued.normal], [2, 2, 1]);
    memory.sample({ rss: 101, heap: 0, external: 0 });
    await assert.rejects(call('critic', work), { code: 'MEMORY_LIMIT' });
    end();
    await settle();
    assert.deepEqual([made.scheduler.status().lanes.critic.queued.normal, calls.length], [0, 3]);
  });

  it('Correctness: Metrics accuracy, concurrency safety', async () => {
    const { call, guards: made, figures } = runtime();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => {
        const lane = laneNames[n % laneNames.length] ?? 'critic';
        return call(lane, () => (n % 5 === 0 ? Promise.reject(new Error('no')) : settle()));
      }),
    );
    const seen = await figures();
    let success = 0;
    for (const view of laneViews(made)) {
      const of = (name: string, labels = ''): number | undefined =>
        seen.get(`haios_${name}{lane="${view.lane}"${labels}}`);
      assert.equal(of('worker_calls_total', ',result="success"'), view.stats.success);
      assert.equal(of('worker_calls_total', ',result="failure"'), view.stats.failure);
      assert.equal(of('worker_calls_total', ',result="refused"'), view.stats.rejections);
      assert.equal(of('worker_rejections_total', ',reason="queue_full"'), view.stats.rejections);
      assert.deepEqual([of('lane_active'), of('lane_limit')], [view.active, view.limit]);
      success += view.stats.success;
    }
    assert.equal(success, outcomes.filter(({ status }) => status === 'fulfilled').length);
    assert.deepEqual(leaks(made.scheduler), []);
  });

  it('Error Cases: Resource limits, timeouts, memory pressure', async () => {
    const memory = new MemoryGuard({ guards: true, maxRssBytes: 1000, heapWarningBytes: 10 });
    const { call, clock, guards: made } = runtime({ memory });
    const late = assert.rejects(
      call(
        'critic',
        ({ signal }) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(new Error('x')))),
      ),
      { code: 'TIMEOUT' },
    );
    await clock.advance(7500);
    await late;
    for (let n = 0; n < 7; n++) call('critic', forEver).catch(() => undefined);
    await assert.rejects(call('critic', forEver), { code: 'QUEUE_FULL' });
    memory.sample({ rss: 1001, heap: 11, external: 0 });
    await assert.rejects(call('file_read', forEver), { code: 'MEMORY_LIMIT' });
    const { timeouts: timedOut, rejections } = made.statistics.figures('critic');
    assert.deepEqual([timedOut, rejections], [1, 1]);
  });

  it('Integration: OTel span emission, structured logging', async () => {
    const { call, events } = runtime();
    await call('file_read', async () => 1);
    const rows: SpanRow[] = [];
    const redactor = createRedactor({ secrets: () => [] });
    const tracing = createTracing({
      version: '1.0.0',
      environment: 'dev_fast',
      runtimeId: 'runtime-1',
      sampleRate: 1,
      otlpEndpoint: null,
      redactor,
      sink: ({ row }) => void rows.push(row),
      onExport: () => undefined,
      log: memoryLog(),
    });
    tracing.observe({ type: 'run_changed', run: runRow(), from: 'queued' });
    for (const event of events) tracing.observe(event);
    const row = rows.find(({ name }) => name === 'worker_call:file_read');
    for (const key of [
      'service.name',
      'service.version',
      'deployment.environment',
      'haios.lane',
      'haios.duration_ms',
    ]) {
      assert.ok(row !== undefined && key in row.attributes, key);
    }
    for (const key of ['haios.memory_delta_bytes', 'haios.concurrency.global', 'haios.concurrency.lane']) {
      assert.ok(row !== undefined && key in row.attributes, key);
    }
    assert.deepEqual(
      row?.events.map(({ name }) => name),
      ['acquired_slot', 'execution_started', 'execution_succeeded', 'call_completed'],
    );
    const lines: string[] = [];
    createLog({ level: 'info', redactor, destinations: [{ write: (line) => void lines.push(line) }] })
      .with({ traceId: row?.traceId ?? '' })
      .info('A call ended', { lane: row?.lane });
    assert.equal((JSON.parse(lines[0] ?? '{}') as { trace_id?: string }).trace_id, row?.traceId);
  });

  it('Performance: Batch operations, high-concurrency scenarios', async () => {
    const lanes = scheduler(limits({ queue: 2000 }));
    let most = 0;
    const job = async (): Promise<void> => {
      most = Math.max(most, lanes.status().lanes.file_read.active);
      await settle();
    };
    const results = await lanes.runAll(
      'file_read',
      anybody(),
      'normal',
      Array.from({ length: 1000 }, () => job),
    );
    assert.deepEqual([results.length, most, leaks(lanes)], [1000, 16, []]);
    assert.ok(results.every(({ status }) => status === 'fulfilled'));
  });

  it('Edge Cases: Nested scopes, rapid sequential calls, mixed lanes', async () => {
    const lanes = scheduler();
    const request = anybody();
    const outer = ask(lanes, { lane: 'tool_call', scope: request });
    const inner = ask(lanes, { lane: 'file_read', scope: request.child({ signal: null }), inside: outer });
    assert.deepEqual([request.active, inner.begun], [2, true]);
    inner.finish();
    outer.finish();
    for (let n = 0; n < 500; n++) {
      assert.equal(await lanes.run(laneNames[n % laneNames.length] ?? 'critic', request, 'normal', () => n), n);
    }
    await settle();
    assert.deepEqual([leaks(lanes), request.active], [[], 0]);
  });

  it('Documentation: Examples, configuration, troubleshooting', async () => {
    const text = async (file: string): Promise<string> => readFile(join(import.meta.dirname, '../..', file), 'utf8');
    const [readme, reference] = await Promise.all([text('README.md'), text('docs/reference.md')]);
    for (const key of settingKeys.filter((name) => /^(lanes|timeouts|memory|sandbox|quotas|agents)\./.test(name))) {
      assert.ok(readme.includes(`\`${key}\``), `${key} is not in the README`);
    }
    for (const [code, { remedy }] of Object.entries(errors)) {
      assert.ok(reference.includes(code) && reference.includes(remedy.split('.')[0] ?? remedy), code);
    }
    assert.match(readme, /"lanes": \{/);
  });
});

describe('source 001, T6.4.8: Future Enhancements', () => {
  it('Adaptive timeout adjustment based on historical data', () => {
    const { adaptive } = guards(fakeClock());
    const settings = { ...timeouts, adaptive: true, adaptiveMinMs: 100, defaultMs: 60_000 };
    const before = adaptive.limits('tool_call', 'npm test', settings).limitMs;
    for (let n = 0; n < 100; n++) adaptive.record('tool_call', 'npm test', 1000);
    assert.ok(before === 60_000 && adaptive.limits('tool_call', 'npm test', settings).limitMs < 3500);
  });

  it('Per-task resource quotas', () => {
    const used = { calls: 3, tokens: 10, usd: 0, seconds: 1, files_written: 0 };
    checkQuotas('A', { calls: 4, tokens: 11, seconds: 2 }, used, true);
    assert.throws(() => checkQuotas('A', { calls: 3 }, used, true), {
      code: 'QUOTA_EXCEEDED',
      message: /quotas\.task\.calls/,
    });
  });

  it('Lane priority queues (high/normal/low)', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 } }));
    const order: string[] = [];
    const work = [ask(lanes)];
    for (const priority of priorities.toReversed()) {
      work.push(ask(lanes, { priority, onBegin: () => order.push(priority) }));
    }
    for (let n = 0; n < 4; n++) {
      for (const { begun, finish } of work) if (begun) finish();
      await settle();
    }
    assert.deepEqual(order, [...priorities]);
  });

  it('Automatic lane rebalancing', () => {
    const lanes = scheduler(limits({ rebalance: true, maximum: { critic: 5 } }));
    for (let n = 0; n < 6; n++) ask(lanes);
    const { critic } = lanes.status().lanes;
    assert.deepEqual([critic.active, critic.borrowed], [5, 2]);
  });

  it('Prometheus metrics export', async () => {
    const { call, figures } = runtime();
    await call('file_read', async () => 1);
    const seen = await figures();
    assert.equal(seen.get('haios_worker_calls_total{lane="file_read",result="success"}'), 1);
    assert.equal(seen.get('haios_worker_call_duration_seconds_count{lane="file_read"}'), 1);
  });

  it('Dashboard/alerting UI', async () => {
    const { call, clock, guards: made } = runtime();
    call('tool_call', forEver).catch(() => undefined);
    await clock.advance(8500);
    made.scheduler.pause('critic');
    const views = laneViews(made);
    assert.equal(views.find(({ lane }) => lane === 'tool_call')?.late[0]?.phase, 'kill');
    const critic = views.find(({ lane }) => lane === 'critic') ?? assert.fail();
    assert.equal(laneNote(critic, clock.now())?.kind, 'paused');
  });

  it('Resource prediction based on task characteristics', () => {
    const past = (n: number): PastRun => ({
      type: 'inspect',
      promptChars: 4,
      workspaceFiles: 100,
      model: 'gpt-5',
      samePrompt: true,
      priceAs: null,
      endedAt: n,
      durationMs: 1000 + n,
      tokens: 100 + n,
      nusd: 1000 + n,
      memBytes: 10,
      tasks: 1,
    });
    const query = { type: 'inspect', promptChars: 4, workspaceFiles: 100, model: 'gpt-5', priceAs: null } as const;
    assert.equal(predict(query, [past(1)], 2000).forecast.kind, 'not_enough_history');
    const { forecast } = predict(
      query,
      Array.from({ length: 20 }, (_, n) => past(n)),
      2000,
    );
    assert.ok(forecast.kind === 'range' && forecast.durationMs.low >= 1000 && forecast.durationMs.high <= 1020);
  });

  it('Automatic backoff on sustained load', async () => {
    const { call, clock, guards: made } = runtime();
    const overloaded = (): Promise<never> =>
      Promise.reject(new HaiosError('PROVIDER_UNAVAILABLE', 'Overloaded.', { details: { status: 529 } }));
    for (let n = 0; n < 3; n++) {
      await assert.rejects(call('model_call', overloaded));
      if (n < 2) await clock.advance(1000);
    }
    const view = laneViews(made).find(({ lane }) => lane === 'model_call');
    assert.equal(view?.limit, 0);
    assert.ok((view.load?.until ?? 0) > clock.now());
    await clock.advance(1000);
    assert.equal(await call('model_call', async () => 'recovered'), 'recovered');
  });
});

describe('source 001, T6.4.8: Current Limitations, ended', () => {
  it('Timeout escalation forces the end of the work, not only a graceful one', async () => {
    const { call, clock, guards: made } = runtime();
    const outcome = assert.rejects(
      call('tool_call', (work) => new Promise<never>((_, fail) => work.onKill(() => fail(new Error('killed'))))),
      { code: 'TIMEOUT' },
    );
    await clock.advance(8500);
    await outcome;
    assert.deepEqual(leaks(made.scheduler), []);
  });
});
