import type { ToolContext } from '../../core/ports.ts';
import { cancelled, displayName, failed, killed } from '../failures.ts';
import type { OverLimit, TreeLimits } from '../process-tree.ts';
import { ChildCpu } from '../child-cpu.ts';
import { runProcess, type ProcessOptions, type ProcessResult } from '../run-process.ts';
import type { CommandRecords } from './command-records.ts';
import { ExitHooks } from './exit-hooks.ts';
import { Places, type PlacesHooks, type PoolFigures } from './places.ts';

export interface ProcessPoolOptions extends PlacesHooks {
  readonly processes: number;
  /** What one program may use with all it starts. */
  readonly limits: TreeLimits;
  /** Null: nobody has to end what this process leaves behind if it is killed. */
  readonly records: CommandRecords | null;
}

/** What a program is run with; the rest is the pool's and the call's. */
export type ProgramOptions = Pick<
  ProcessOptions,
  'argv' | 'cwd' | 'environment' | 'timeoutMs' | 'graceMs' | 'onOutput'
>;

/** How a program ended that was neither cancelled nor killed. */
export interface Ended extends Omit<ProcessResult, 'ending' | 'use'> {
  readonly timedOut: boolean;
}

/** A bounded number of programs at once, first come first served, each with limits for all that it starts. */
export class ProcessPool {
  readonly #places: Places;
  readonly #childCpu = new ChildCpu();
  readonly #exitHooks = new ExitHooks();
  readonly #records: CommandRecords | null;
  #limits: TreeLimits;

  constructor(options: ProcessPoolOptions) {
    this.#places = new Places(options.processes, options);
    this.#records = options.records;
    this.#limits = options.limits;
  }

  get figures(): PoolFigures {
    return this.#places.figures;
  }

  /** In force at once, also for what runs; programs above a lowered number go on. */
  setLimits(processes: number, limits: TreeLimits): void {
    this.#limits = limits;
    this.#places.setLimit(processes);
  }

  /**
   * Runs a program as `runProcess` says and tells the call what it used. Throws CANCELLED at the abort, TIMEOUT at the kill,
   * TOOL_FAILED when it passed a limit or could not be started: each once all of it is gone.
   */
  async run(program: ProgramOptions, context: ToolContext): Promise<Ended> {
    const release = await this.#places.take(context.signal);
    try {
      const { ending, use, ...ended } = await runProcess({
        ...program,
        signal: context.signal,
        onKill: (kill) => context.onKill(kill),
        childCpu: this.#childCpu,
        exitHooks: this.#exitHooks,
        limits: () => this.#limits,
        record: (call, leader) => this.#records?.add(call, leader) ?? (() => undefined),
      });
      if (use !== null) context.used(use);
      switch (ending.kind) {
        case 'exit':
        case 'timeout':
          return { ...ended, timedOut: ending.kind === 'timeout' };
        case 'abort':
          throw cancelled();
        case 'kill':
          throw killed();
        case 'limit':
          throw failed(beyond(program.argv[0], ending.over));
      }
    } finally {
      release();
    }
  }
}

const mebibyte = 1024 * 1024;

function beyond(program: string, { resource, used, limit }: OverLimit): string {
  const name = displayName(program);
  switch (resource) {
    case 'memBytes':
      return `${name} was killed: with all it started it used ${Math.ceil(used / mebibyte)} MiB of memory, more than sandbox.process_memory_mb = ${limit / mebibyte} allows; raise that or do less at once.`;
    case 'cpuSeconds':
      return `${name} was killed: with all it started it used ${used.toFixed(2)} s of processor time, more than sandbox.process_cpu_seconds = ${limit} allows; raise that or do less.`;
  }
}
