import type { SandboxType } from '../../catalogue/lanes.ts';
import type { Observer } from '../../core/events.ts';
import type { Clock, ToolContext } from '../../core/ports.ts';
import { failed } from '../failures.ts';
import type { TreeLimits } from '../process-tree.ts';
import type { CommandRecords } from './command-records.ts';
import { ExhaustionWatch } from './exhaustion.ts';
import type { AnswerTo, ThreadAnswer, ThreadJob } from './jobs.ts';
import type { PlacesHooks, PoolFigures } from './places.ts';
import { ProcessPool } from './processes.ts';
import { ThreadPool } from './threads.ts';

export interface SandboxLimits {
  /** How much inline work there can be: it runs inside the lanes' slots only, so their global limit. */
  readonly inline: number;
  readonly threads: number;
  readonly processes: number;
  /** Of one program with all it starts. */
  readonly process: TreeLimits;
}

export interface SandboxesOptions {
  readonly limits: SandboxLimits;
  readonly runtimeId: string;
  /** The bundle of `worker.ts` (`dist/sandbox.cjs`), or that file itself in tests. */
  readonly workerPath: string;
  readonly records: CommandRecords | null;
  readonly clock: Clock;
  readonly observe: Observer;
  /** The longest one thread job may take, ms; default 60,000. */
  readonly jobTimeoutMs?: number;
}

export interface SandboxFigures extends PoolFigures {
  readonly sandbox: SandboxType;
}

const idleThreadMs = 10_000;

/** Where tools do their work: our own short code, threads that can be terminated, processes that can be killed. */
export class Sandboxes {
  readonly processes: ProcessPool;
  readonly #threads: ThreadPool<ThreadJob, ThreadAnswer>;
  readonly #o: SandboxesOptions;
  readonly #watches: readonly ExhaustionWatch[];
  #inlineTotal: number;
  #inlineActive = 0;
  #threadSeconds = 0;

  constructor(options: SandboxesOptions) {
    this.#o = options;
    const { limits, clock, observe, runtimeId } = options;
    const watch = (sandbox: SandboxType, setting: string): ExhaustionWatch =>
      new ExhaustionWatch({ sandbox, setting, runtimeId, clock, observe });
    const [threads, processes] = [watch('thread', 'sandbox.threads'), watch('process', 'sandbox.processes')];
    this.#watches = [threads, processes];
    this.#inlineTotal = limits.inline;
    this.#threads = new ThreadPool({
      ...this.#hooks('thread', threads),
      path: options.workerPath,
      threads: limits.threads,
      clock,
      idleMs: idleThreadMs,
    });
    this.processes = new ProcessPool({
      ...this.#hooks('process', processes),
      processes: limits.processes,
      limits: limits.process,
      records: options.records,
    });
  }

  /** In force at once; what works above a lowered limit goes on. */
  setLimits(limits: SandboxLimits): void {
    this.#inlineTotal = limits.inline;
    this.#threads.setLimit(limits.threads);
    this.processes.setLimits(limits.processes, limits.process);
  }

  /** Counts short code of ours while it runs; it is bounded by the lanes and never waits here. */
  async inline<T>(work: () => Promise<T>): Promise<T> {
    this.#inlineActive += 1;
    this.#o.observe({ type: 'sandbox_used', sandbox: 'inline' });
    try {
      return await work();
    } finally {
      this.#inlineActive -= 1;
    }
  }

  /** Does a job in a thread of the pool. Throws CANCELLED, TIMEOUT at the kill, TOOL_FAILED. */
  async job<J extends ThreadJob>(job: J, call: Pick<ToolContext, 'signal' | 'onKill' | 'used'>): Promise<AnswerTo<J>> {
    const answer = await this.#threads.run(job, {
      signal: call.signal,
      onKill: (kill) => call.onKill(kill),
      used: (use) => {
        this.#threadSeconds += use.cpuSeconds;
        call.used(use);
      },
      timeoutMs: this.#o.jobTimeoutMs ?? 60_000,
    });
    if (answer.op === 'failed') throw failed(answer.message);
    if (!answers(job, answer)) throw failed(`A sandbox thread answered ${answer.op} to ${job.op}; try again.`);
    return answer;
  }

  /** Processor time that jobs in threads have used, which is in that of this process and not the runtime's own. */
  get threadCpuSeconds(): number {
    return this.#threadSeconds;
  }

  figures(): readonly SandboxFigures[] {
    const total = this.#inlineTotal;
    const available = Math.max(0, total - this.#inlineActive);
    return [
      { sandbox: 'inline', total, available, waiting: 0 },
      { sandbox: 'thread', ...this.#threads.figures },
      { sandbox: 'process', ...this.processes.figures },
    ];
  }

  /** Ends the threads and closes the alerts. Programs end with their calls. */
  async close(): Promise<void> {
    this.#o.records?.close();
    for (const watch of this.#watches) watch.close();
    await this.#threads.close();
  }

  #hooks(sandbox: SandboxType, watch: ExhaustionWatch): PlacesHooks {
    const { observe } = this.#o;
    return {
      onTaken: () => observe({ type: 'sandbox_used', sandbox }),
      onExhausted: () => observe({ type: 'sandbox_exhausted', sandbox }),
      onChanged: (figures) => watch.changed(figures),
    };
  }
}

function answers<J extends ThreadJob>(job: J, answer: ThreadAnswer): answer is AnswerTo<J> {
  return answer.op === job.op;
}
