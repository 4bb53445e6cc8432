import { performance } from 'node:perf_hooks';
import { MemoryGuard } from '../../src/core/lanes/memory-guard.ts';
import { Scheduler } from '../../src/core/lanes/scheduler.ts';
import { workerCall } from '../../src/core/lanes/worker-call.ts';
import { Tracer } from '../../src/core/trace.ts';
import { laneNames, lanes, type LaneName } from '../../src/catalogue/lanes.ts';
import { realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { median, type Row } from './rows.ts';

const calls = 50_000;
const rounds = 5;
const slots = Object.fromEntries(laneNames.map((name) => [name, lanes[name].limit])) as Record<LaneName, number>;
const never = new AbortController().signal;

/** What a guarded worker call adds to the bare call: slot, timeout, span and its events, with an observer that does nothing. */
export async function benchLaneOverhead(): Promise<readonly Row[]> {
  const work = (): Promise<number> => Promise.resolve(1);
  const bare: number[] = [];
  const guarded: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await perCall(work));
    const scheduler = new Scheduler({ global: 32, lanes: slots, queue: 1000 });
    const memory = new MemoryGuard({ guards: true, maxRssBytes: Infinity, heapWarningBytes: Infinity });
    const deps = { scheduler, memory, clock, observe: () => undefined };
    const tracer = new Tracer({ traceId: ids.traceId(), runId: 'bench', common: {} }, clock, ids, deps.observe);
    const parent = tracer.start({ name: 'plan', kind: 'plan', parent: null });
    const call = {
      lane: 'file_read',
      priority: 'normal',
      tracer,
      parent,
      signal: never,
      timeout: { limitMs: 60_000, factor: 1.5 },
      run: work,
    } as const;
    guarded.push(await perCall(() => workerCall(call, deps)));
  }
  return [
    {
      what: 'guarded worker call, one after another',
      value: median(guarded),
      unit: 'µs/call',
      note: `bare call ${median(bare).toFixed(2)} µs; medians of ${rounds} × ${calls}`,
    },
  ];
}

async function perCall(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < calls; n++) await work();
  return ((performance.now() - start) * 1000) / calls;
}
