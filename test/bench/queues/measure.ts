// Runs one contestant in a process of its own and prints what it took, as JSON.
import { contestants } from './contestants.ts';

export interface Measured {
  /** Milliseconds from the first `add` to the last end. */
  readonly ms: number;
  /** Heap that a queued job holds, in bytes. */
  readonly bytesPerQueued: number;
}

const [name = '', jobsText = '0'] = process.argv.slice(2);
const jobs = Number(jobsText);
const { gc } = globalThis;
const make = contestants[name];
if (make === undefined || gc === undefined || !(jobs > 0)) {
  throw new Error('Usage: node --expose-gc measure.ts CONTESTANT JOBS');
}

const { add, idle } = make(jobs);
// Warm: what is measured is code that has been compiled.
for (let n = 0; n < jobs / 10; n++) add();
await idle();
gc();
const before = process.memoryUsage().heapUsed;
const started = performance.now();
for (let n = 0; n < jobs; n++) add();
const queuedMs = performance.now() - started;
gc();
const bytesPerQueued = (process.memoryUsage().heapUsed - before) / jobs;
const resumed = performance.now();
await idle();
const measured: Measured = { ms: queuedMs + performance.now() - resumed, bytesPerQueued };
process.stdout.write(JSON.stringify(measured));
