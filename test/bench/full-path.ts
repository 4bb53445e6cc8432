import { stat } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { LaneName } from '../../src/catalogue/lanes.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import { Scope } from '../../src/core/lanes/scope.ts';
import { workerCall, type WorkerCallDeps } from '../../src/core/lanes/worker-call.ts';
import { Tracer, type Span } from '../../src/core/trace.ts';
import { noCost, type RunRow, type TaskRow } from '../../src/protocol/rows.ts';
import { openBoard } from '../../src/runtime/board.ts';
import { LiveTrace } from '../../src/runtime/live-trace.ts';
import { createObservers } from '../../src/runtime/observers.ts';
import { realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { recordEvents } from '../../src/runtime/records.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createRedactor } from '../../src/telemetry/redact.ts';
import { createTracing } from '../../src/telemetry/spans.ts';
import { Bench, peek } from '../storage/support/open.ts';
import { run as runRow, task as taskRow } from '../storage/support/rows.ts';
import { memoryLog, sources } from '../telemetry/fixtures.ts';
import { guards, limits, scheduler, timeouts } from '../support/lanes.ts';
import { snapshot } from '../support/rows.ts';
import type { Row } from './rows.ts';

/** How long the full path is driven; shorter while working on it. */
const seconds = Number(process.env['HAIOS_BENCH_SECONDS'] ?? 60);
const maxBuffered = 20_000;
const tracks = 64;
const callsPerTask = 100;
const callsPerRecord = 10;
const mixed = ['file_read', 'tool_call', 'file_write', 'model_call'] as const;
const never = new AbortController().signal;
const scope = new Scope({ signal: never });

interface FullPath {
  readonly storage: Storage;
  readonly deps: WorkerCallDeps;
  readonly live: LiveTrace;
  readonly stored: () => number;
  readonly dropped: () => number;
  /** Resolves when few enough spans wait for the writer. */
  readonly room: (issued: number) => Promise<void> | null;
}

/** Everything a runtime hangs on core's observer, in the same order, over real databases. */
async function openFullPath(bench: Bench): Promise<FullPath> {
  let stored = 0;
  let dropped = 0;
  let waiter: (() => void) | null = null;
  const storage = await bench.storage(bench.fresh(), {
    maxBuffered,
    onFlush(flush) {
      stored += flush.spans;
      metrics.observe({ type: 'store_flushed', ...flush });
      waiter?.();
      waiter = null;
    },
    onDrop: (spans) => (dropped += spans),
  });
  const redactor = createRedactor({ secrets: () => ['a-key-of-some-provider', 'another-secret-value'] });
  const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
  const tracing = createTracing({
    version: '1.0.0',
    environment: 'default',
    runtimeId: ids.unique(),
    sampleRate: 1,
    otlpEndpoint: null,
    redactor,
    sink: ({ row, payload }) => storage.write([{ type: 'span', row, payload }]),
    onExport: () => undefined,
    log: memoryLog(),
  });
  const live = new LiveTrace();
  const { observe, add } = createObservers((error) => {
    throw error;
  });
  const laneGuards = guards(
    clock,
    scheduler(limits({ queue: 100_000, rebalance: true }), (lane) => observe({ type: 'lane_changed', lane })),
  );
  const board = await openBoard({
    storage,
    clock,
    redactor,
    guards: laneGuards,
    runtime: () => snapshot.runtime,
    liveRow: () => null,
    approvals: () => [],
    warnAt: () => 0.9,
    observe,
    notice: () => undefined,
    stopped: () => undefined,
  });
  add(
    recordEvents(storage, redactor),
    (event) => live.observe(event),
    (event) => tracing.observe(event),
    (event) => metrics.observe(event),
    (event) => board.observe(event),
  );
  return {
    storage,
    deps: { guards: laneGuards, clock, observe },
    live,
    stored: () => stored,
    dropped: () => dropped,
    room(issued) {
      if (issued - stored - dropped < maxBuffered / 2) return null;
      return new Promise((resolve) => (waiter = resolve));
    },
  };
}

/** One run at a time, its tasks side by side, each with its calls one after another and its cost record as it grows. */
class Load {
  readonly #observe: (event: CoreEvent) => void;
  readonly #path: FullPath;
  #g = 0;
  #row: RunRow = runRow('');
  #plan: Span | undefined;
  #tracer: Tracer | undefined;
  #tasks: readonly { readonly row: TaskRow; readonly span: Span }[] = [];
  #callsOfTask = 0;
  calls = 0;
  spans = 0;

  constructor(path: FullPath) {
    this.#path = path;
    this.#observe = path.deps.observe;
    this.#begin();
  }

  /** One call of each task, all at once. */
  async turn(): Promise<void> {
    if (this.#callsOfTask === callsPerTask) {
      this.end();
      this.#begin();
    }
    this.#callsOfTask += 1;
    await Promise.all(
      this.#tasks.map(({ span }, at) => this.#call(span, mixed[at % mixed.length] ?? 'tool_call', work)),
    );
    this.calls += tracks;
    this.spans += tracks;
    if (this.#callsOfTask % callsPerRecord !== 0) return;
    for (const task of this.#tasks) this.#observe({ type: 'task_changed', task: this.#priced(task.row) });
  }

  /** A single call of the first task. */
  one(run: () => Promise<unknown>): Promise<unknown> {
    const [task] = this.#tasks;
    return this.#call(task?.span as Span, 'file_read', run);
  }

  #call(parent: Span, lane: LaneName, run: () => Promise<unknown>): Promise<unknown> {
    const tracer = this.#tracer as Tracer;
    const call = {
      lane,
      what: 'bench',
      priority: 'normal',
      scope,
      signal: never,
      tracer,
      parent,
      timeouts,
      run,
    } as const;
    return workerCall(call, this.#path.deps);
  }

  #priced(row: TaskRow): TaskRow {
    return { ...row, cost: { ...noCost, calls: this.#callsOfTask, cpuSeconds: this.#callsOfTask / 1000 } };
  }

  end(): void {
    for (const { row, span } of this.#tasks) {
      span.end({ status: 'ok' });
      const task: TaskRow = { ...this.#priced(row), status: 'succeeded', endedAt: clock.now() };
      this.#observe({ type: 'task_ended', task, durationMs: span.elapsedMs() });
    }
    this.#plan?.end({ status: 'ok' });
    const endedAt = clock.now();
    this.#observe({ type: 'run_changed', run: { ...this.#row, status: 'succeeded', endedAt }, from: 'running' });
    this.#path.live.forget(this.#row.runId);
  }

  #begin(): void {
    const runId = ids.unique();
    const traceId = ids.traceId();
    this.#g += 1;
    this.#callsOfTask = 0;
    this.#row = runRow(runId, { g: this.#g, traceId, startedAt: clock.now() });
    this.#observe({ type: 'run_changed', run: this.#row, from: 'queued' });
    const common = { 'haios.run_id': runId, 'haios.g': this.#g, 'haios.agent': 'haios' };
    const tracer = new Tracer({ traceId, runId, common }, clock, ids, this.#observe);
    const plan = tracer.start({ name: 'plan', kind: 'plan', parent: null });
    this.#tracer = tracer;
    this.#plan = plan;
    this.#tasks = Array.from({ length: tracks }, () => {
      const taskId = ids.unique();
      const span = tracer.start({ name: 'task', kind: 'task', parent: plan, taskId });
      const row = taskRow(taskId, runId, { spanId: span.spanId, startedAt: clock.now() });
      this.#observe({ type: 'task_started', task: row });
      return { row, span };
    });
    this.spans += 2 * (tracks + 1);
  }
}

const perSecond = 10_000;

/** What everything adds to a call when 10 000 a second come one by one: to one that does nothing, and to the smallest real work. */
export async function benchPacedOverhead(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const path = await openFullPath(bench);
    const load = new Load(path);
    const rows: Row[] = [];
    const works = { 'does nothing': work, 'asks for a file’s facts': () => stat(import.meta.filename) };
    for (const [name, run] of Object.entries(works)) {
      const bare = await paced(run);
      const guarded = await paced(() => load.one(run));
      const ratio = (part: number): string => `${(at(guarded, part) / at(bare, part)).toFixed(1)}×`;
      const note = `bare ${at(bare, 0.99).toFixed(0)} µs: ${ratio(0.99)}, aim ≤ 10×; p50 ${at(guarded, 0.5).toFixed(0)} µs, ${ratio(0.5)}`;
      rows.push(
        { what: `guarded call that ${name}, 10,000/s: p99`, value: at(guarded, 0.99), unit: 'µs', note },
        {
          what: `guarded call that ${name}, 10,000/s: p99.9`,
          value: at(guarded, 0.999),
          unit: 'µs',
          note: `aim ≤ 1,500; bare ${at(bare, 0.999).toFixed(0)} µs`,
        },
      );
    }
    load.end();
    await path.storage.close(60_000);
    return rows;
  } finally {
    await bench.end();
  }
}

/** Latencies in µs, sorted. A call starts when it is due, whether the one before has ended or not. */
async function paced(call: () => Promise<unknown>): Promise<Float64Array> {
  const latencies: number[] = [];
  const timed = async (): Promise<void> => {
    const start = performance.now();
    await call();
    latencies.push((performance.now() - start) * 1000);
  };
  const begun = performance.now();
  let started = 0;
  for (let elapsed = 0; elapsed < (seconds * 1000) / 4; elapsed = performance.now() - begun) {
    for (; started < (elapsed * perSecond) / 1000; started += 1) void timed();
    await turn();
  }
  while (latencies.length < started) await turn();
  return Float64Array.from(latencies).sort();
}

function at(sorted: Float64Array, part: number): number {
  return sorted[Math.floor(sorted.length * part)] ?? NaN;
}

function micros({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

async function work(): Promise<number> {
  return 1;
}

/** Single-span worker calls a second with everything on, each committed, none lost. */
export async function benchFullPath(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const path = await openFullPath(bench);
    const load = new Load(path);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const mainCpu = process.threadCpuUsage();
    const allCpu = process.cpuUsage();
    const begun = performance.now();
    while (performance.now() - begun < seconds * 1000) {
      await load.turn();
      await (path.room(load.spans) ?? turn());
    }
    load.end();
    await path.storage.flush();
    const elapsed = (performance.now() - begun) / 1000;
    const main = micros(process.threadCpuUsage(mainCpu));
    const others = micros(process.cpuUsage(allCpu)) - main;
    delay.disable();
    await path.storage.close(60_000);
    const kept = peek(path.storage.databasePath, (db) => ({
      spans: Number(db.prepare(`SELECT COUNT(*) FROM spans WHERE kind = 'worker_call'`).pluck().get()),
      counted: Number(db.prepare('SELECT SUM(calls) FROM cost_records').pluck().get()),
    }));
    const { calls } = load;
    const cpuNote = `processor time per call: main thread ${(main / calls).toFixed(1)} µs, all others ${(others / calls).toFixed(1)} µs`;
    return [
      {
        what: 'full path: worker calls with span, metrics and cost record, committed',
        value: calls / elapsed,
        unit: 'calls/s',
        note: `for ${elapsed.toFixed(0)} s; aim ≥ 50,000; ${cpuNote}`,
      },
      {
        what: 'full path: lost (calls without a stored span, or missing in the cost records)',
        value: calls - kept.spans + (calls - kept.counted) + path.dropped(),
        unit: 'calls',
        note: `of ${calls}`,
      },
      {
        what: 'full path: event-loop delay p99',
        value: delay.percentile(99) / 1e6,
        unit: 'ms',
        note: `aim < 10 ms; p50 ${(delay.percentile(50) / 1e6).toFixed(1)}, max ${(delay.max / 1e6).toFixed(0)} ms, 1 ms of each is the timer’s own`,
      },
    ];
  } finally {
    await bench.end();
  }
}
