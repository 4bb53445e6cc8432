import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { Scope } from '../../src/core/lanes/scope.ts';
import { workerCall } from '../../src/core/lanes/worker-call.ts';
import { Tracer } from '../../src/core/trace.ts';
import { realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { anybody, guards, limits, scheduler, timeouts } from '../support/lanes.ts';
import { median, type Row } from './rows.ts';

const active = Number(process.env['HAIOS_BENCH_ACTIVE'] ?? 100_000);
const rounds = 10;
const runs = 5;
/** A run's calls share its signal; a thousand runs. */
const signals = Array.from({ length: 1_000 }, () => new AbortController().signal);
const scopes = signals.map((signal) => new Scope({ signal }));

interface Measured {
  /** Bytes per active call, and per async function that holds a span of the SDK. */
  readonly call: number;
  readonly sdk: number;
  /** Bytes of heap that the rounds after the second left behind, per call of one round. */
  readonly growth: number;
}

/** The heap that calls under way take, each with its span; and what ten times as many that ended leave. */
export async function benchActiveCalls(): Promise<readonly Row[]> {
  const all: Measured[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', import.meta.filename, 'measure']);
    all.push(JSON.parse(stdout) as Measured);
  }
  const call = median(all.map((one) => one.call));
  const ratio = median(all.map((one) => one.call / one.sdk));
  const sdk = median(all.map((one) => one.sdk));
  return [
    {
      what: 'memory: an active call with its span',
      value: call,
      unit: 'bytes',
      note: `${ratio.toFixed(2)}× an async function with a live SDK span (${sdk.toFixed(0)} bytes); aim ≤ 1,300 and ≤ 0.45×; ${runs} × ${active}`,
    },
    {
      what: `memory: growth over ${rounds} rounds of ${active} calls`,
      value: median(all.map((one) => one.growth)),
      unit: 'bytes/call',
      note: 'of one round; aim 0',
    },
  ];
}

async function measure(): Promise<Measured> {
  const call = await heapOf(guardedCalls());
  const sdk = await heapOf(sdkCalls());
  const again = guardedCalls();
  const after: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await heapOf(again);
    after.push(heap());
  }
  const growth = ((after.at(-1) ?? 0) - (after[1] ?? 0)) / active;
  return { call, sdk, growth };
}

/** Starts one more; it is under way until `end` is called. */
type Begin = (end: Promise<void>) => Promise<unknown>;

/** Bytes of heap for each of `active` at once. All of them have ended when it resolves. */
async function heapOf(begin: Begin): Promise<number> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const all = new Array<Promise<unknown>>(active).fill(Promise.resolve());
  const before = heap();
  for (let n = 0; n < active; n += 1) all[n] = begin(ended);
  await new Promise(setImmediate);
  const taken = heap() - before;
  end();
  await Promise.all(all);
  return taken / active;
}

function guardedCalls(): Begin {
  const slots = { file_read: active };
  const deps = {
    guards: guards(clock, scheduler(limits({ global: active, slots, queue: active }))),
    clock,
    observe: () => undefined,
  };
  const tracer = new Tracer({ traceId: ids.traceId(), runId: ids.unique(), common: {} }, clock, ids, deps.observe);
  const parent = tracer.start({ name: 'task', kind: 'task', parent: null, taskId: ids.unique() });
  let count = 0;
  return (end) =>
    workerCall(
      {
        lane: 'file_read',
        what: 'bench',
        priority: 'normal',
        scope: scopes[count % scopes.length] ?? anybody(),
        signal: signals[count++ % signals.length] ?? AbortSignal.abort(),
        tracer,
        parent,
        timeouts,
        run: () => end,
      },
      deps,
    );
}

/** The least that a call under the SDK is: an async function that starts a span, waits and ends it. */
function sdkCalls(): Begin {
  const tracer = new BasicTracerProvider().getTracer('bench');
  return async (end) => {
    const span = tracer.startSpan('worker_call:file_read', {
      attributes: { 'haios.lane': 'file_read', 'haios.priority': 'normal' },
    });
    span.addEvent('acquired_slot', { global: 1, lane: 1 });
    span.addEvent('execution_started');
    await end;
    span.end();
  };
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (process.argv[2] === 'measure') process.stdout.write(JSON.stringify(await measure()));
