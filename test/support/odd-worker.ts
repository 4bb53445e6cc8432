import { parentPort, threadId } from 'node:worker_threads';

/** What a thread of the tests can be asked. */
export type OddJob =
  | { readonly op: 'echo'; readonly text: string }
  /** Counts itself in `counters[0]` while it works, and the most there were in `counters[1]`. */
  | { readonly op: 'count'; readonly counters: Int32Array }
  /** Tells by `started[0] = 1` that it runs, and never ends. */
  | { readonly op: 'loop'; readonly started: Int32Array }
  /** Keeps a processor busy for this much of the thread's own time. */
  | { readonly op: 'burn'; readonly ms: number }
  | { readonly op: 'throw' | 'exit' | 'hog' };
export interface OddAnswer {
  readonly thread: number;
  readonly text: string;
}

function answer(job: OddJob): OddAnswer {
  switch (job.op) {
    case 'echo':
      return { thread: threadId, text: job.text };
    case 'count': {
      const active = Atomics.add(job.counters, 0, 1) + 1;
      for (let most = Atomics.load(job.counters, 1); active > most; most = Atomics.load(job.counters, 1))
        Atomics.compareExchange(job.counters, 1, most, active);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      Atomics.sub(job.counters, 0, 1);
      return { thread: threadId, text: '' };
    }
    case 'loop':
      Atomics.store(job.started, 0, 1);
      for (;;);
    case 'burn': {
      const from = process.threadCpuUsage();
      for (let used = 0; used < job.ms * 1000;) {
        const { user, system } = process.threadCpuUsage(from);
        used = user + system;
      }
      return { thread: threadId, text: '' };
    }
    case 'throw':
      throw new Error('poison');
    case 'exit':
      return process.exit(0);
    case 'hog': {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(100_000).fill(kept.length));
    }
  }
}

parentPort?.on('message', (job: OddJob) => parentPort?.postMessage(answer(job)));
