import { Worker } from 'node:worker_threads';
import { failed } from '../failures.ts';
import type { TreeUse } from '../process-tree.ts';
import { ThreadMeter } from './thread-meter.ts';

/** One worker thread that does one job at a time. It keeps the process alive only while it has one. */
export class Thread<Job, Answer> {
  readonly #worker: Worker;
  readonly #meter: ThreadMeter;
  #lastRead: Promise<void> | null = null;
  #job: Waiting<Answer> | null = null;
  #alive = true;
  #cause: unknown;

  /** `onGone` is called when the thread has ended, whatever for. */
  constructor(path: string, onGone: () => void) {
    this.#worker = new Worker(path, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 3 },
    });
    this.#meter = new ThreadMeter(this.#worker);
    this.#worker.on('message', (answer: Answer) => this.#settle(({ resolve }) => resolve(answer)));
    this.#worker.on('messageerror', (error) => this.#die(error));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', () => {
      this.#alive = false;
      onGone();
      this.#settle(({ reject }) =>
        reject(failed(`The thread that did the work ended before its answer (${reasonOf(this.#cause)}).`, this.#cause)),
      );
    });
    this.#worker.unref();
  }

  /** False once it is ending: it takes no job any more. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Rejects with TOOL_FAILED when the thread ends before it answered. One job at a time. */
  run(job: Job): Promise<Answer> {
    this.#meter.begin();
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(job);
      this.#job = { resolve, reject };
      this.#worker.ref();
    });
  }

  /** What the last job used. The first job's also holds what it took to start the thread for it. */
  async use(): Promise<TreeUse> {
    this.#worker.ref();
    await (this.#lastRead ?? (this.#alive ? this.#meter.read() : undefined));
    this.#worker.unref();
    return this.#meter.take();
  }

  /** Ends it for certain, also in the middle of a loop; resolves when it is gone. Idempotent. */
  async end(): Promise<void> {
    // Asked before it is ended, it still answers.
    if (this.#alive) this.#lastRead = this.#meter.read();
    this.#alive = false;
    await this.#worker.terminate();
  }

  #die(cause: unknown): void {
    this.#cause ??= cause;
    void this.end();
  }

  #settle(how: (job: Waiting<Answer>) => void): void {
    const job = this.#job;
    this.#job = null;
    this.#worker.unref();
    if (job !== null) how(job);
  }
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

function reasonOf(cause: unknown): string {
  if (cause === undefined) return 'it left by itself';
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it needed too much memory; give less to work on';
  return cause instanceof Error ? cause.message : 'unknown error';
}
