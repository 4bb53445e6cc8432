import type { Worker } from 'node:worker_threads';
import type { TreeUse } from '../process-tree.ts';

const sampleMs = 100;

/**
 * What a thread uses, asked of the thread itself, which answers also from the middle of a loop: its own processor time
 * (exact, other threads are not in it) and the memory of its heap and what that holds outside (the highest of samples).
 */
export class ThreadMeter {
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  #cpuSeconds = 0;
  #takenSeconds = 0;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#gone = new Promise((resolve) => worker.once('exit', () => resolve()));
  }

  /** Samples until `take` is called. */
  begin(): void {
    this.#peak = 0;
    this.#timer = setInterval(() => void this.read(), sampleMs).unref();
  }

  /** Asks now; resolves with the answer, or when the thread is gone without one. */
  async read(): Promise<void> {
    const answers = [
      this.#worker.cpuUsage().then(({ user, system }) => {
        this.#cpuSeconds = Math.max(this.#cpuSeconds, (user + system) / 1e6);
      }),
      this.#worker.getHeapStatistics().then(({ total_physical_size: heap, external_memory: outside }) => {
        this.#peak = Math.max(this.#peak, heap + outside);
      }),
    ];
    // A thread that is gone answers no more: what was heard before holds.
    await Promise.race([Promise.allSettled(answers), this.#gone]);
  }

  /** What was used since it was taken last, as far as it was read. */
  take(): TreeUse {
    clearInterval(this.#timer);
    const cpuSeconds = this.#cpuSeconds - this.#takenSeconds;
    this.#takenSeconds = this.#cpuSeconds;
    return { cpuSeconds, memBytes: this.#peak };
  }
}
