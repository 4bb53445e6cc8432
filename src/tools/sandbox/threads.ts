import type { Clock, ToolContext } from '../../core/ports.ts';
import { cancelled, failed, killed, throwIfAborted } from '../failures.ts';
import { Places, type PlacesHooks, type PoolFigures } from './places.ts';
import { Thread } from './thread.ts';

export interface ThreadPoolOptions extends PlacesHooks {
  /** The bundle of the thread: it answers each message it gets with one message. */
  readonly path: string;
  readonly threads: number;
  readonly clock: Clock;
  /** An idle thread ends after this many ms and gives its memory back. */
  readonly idleMs: number;
}

/** What ends a job early: its call's signal and killer, and a time limit of its own from when it begins to work. */
export interface JobCall extends Pick<ToolContext, 'signal' | 'onKill' | 'used'> {
  readonly timeoutMs: number;
}

/**
 * Up to N threads for work that keeps a processor busy, one job each at a time, first come first served. Threads are
 * started when they are needed. Whatever stops a job ends its thread, so that a loop without end stops too; the next job
 * gets a new one.
 */
export class ThreadPool<Job, Answer> {
  readonly #o: ThreadPoolOptions;
  readonly #places: Places;
  readonly #all = new Set<Thread<Job, Answer>>();
  readonly #idle: { readonly thread: Thread<Job, Answer>; readonly timer: NodeJS.Timeout }[] = [];

  constructor(options: ThreadPoolOptions) {
    this.#o = options;
    this.#places = new Places(options.threads, options);
  }

  get figures(): PoolFigures {
    return this.#places.figures;
  }

  /** Threads that live, at work or idle. */
  get living(): number {
    return this.#all.size;
  }

  setLimit(threads: number): void {
    this.#places.setLimit(threads);
    while (this.#all.size > threads && this.#idle.length > 0) void this.#takeIdle()?.end();
  }

  /**
   * Throws CANCELLED at the abort and TIMEOUT at the kill, each once the thread is gone, and TOOL_FAILED when the job took
   * too long or its thread died. What the job used is told before.
   */
  async run(job: Job, call: JobCall): Promise<Answer> {
    const release = await this.#places.take(call.signal);
    let thread: Thread<Job, Answer> | undefined;
    try {
      throwIfAborted(call.signal);
      thread = this.#takeIdle() ?? this.#start();
      return await this.#bounded(thread, job, call);
    } finally {
      if (thread !== undefined) call.used(await thread.use());
      // The place is free when the thread is: at once if it is well, else when it has ended.
      if (thread === undefined || this.#keep(thread)) release();
      else void thread.end().then(release);
    }
  }

  /** Ends all threads; jobs at work fail. */
  async close(): Promise<void> {
    for (const { timer } of this.#idle.splice(0)) clearTimeout(timer);
    await Promise.all([...this.#all].map((thread) => thread.end()));
  }

  async #bounded(thread: Thread<Job, Answer>, job: Job, call: JobCall): Promise<Answer> {
    let reason: Error | undefined;
    const stop = (why: Error): void => {
      reason ??= why;
      void thread.end();
    };
    const onAbort = (): void => stop(cancelled());
    const { timeoutMs } = call;
    const late = (): void =>
      stop(
        failed(
          `It took longer than ${Math.round(timeoutMs / 1000)} s and was stopped; give a simpler pattern, a narrower path or glob, or less text.`,
        ),
      );
    call.signal.addEventListener('abort', onAbort, { once: true });
    const cancelTimer = this.#o.clock.after(timeoutMs, late);
    const takeBack = call.onKill(() => stop(killed()));
    try {
      return await thread.run(job);
    } catch (error) {
      throw reason ?? error;
    } finally {
      call.signal.removeEventListener('abort', onAbort);
      cancelTimer();
      takeBack();
    }
  }

  #start(): Thread<Job, Answer> {
    const thread = new Thread<Job, Answer>(this.#o.path, () => {
      this.#all.delete(thread);
      this.#forget(thread);
    });
    this.#all.add(thread);
    return thread;
  }

  /** The one used last, so that the others become old and end. */
  #takeIdle(): Thread<Job, Answer> | undefined {
    const idle = this.#idle.pop();
    clearTimeout(idle?.timer);
    return idle?.thread;
  }

  /** Whether the thread can work on; it then waits for its next job. */
  #keep(thread: Thread<Job, Answer>): boolean {
    if (!thread.alive) return false;
    if (this.#all.size > this.#places.figures.total) return false;
    const timer = setTimeout(() => {
      this.#forget(thread);
      void thread.end();
    }, this.#o.idleMs).unref();
    this.#idle.push({ thread, timer });
    return true;
  }

  #forget(thread: Thread<Job, Answer>): void {
    const at = this.#idle.findIndex((idle) => idle.thread === thread);
    if (at !== -1) for (const { timer } of this.#idle.splice(at, 1)) clearTimeout(timer);
  }
}
