import type { MemoryUse } from '../core/lanes/memory-guard.ts';

/** This process's memory and processor time, sampled: nothing on the path of a call asks the system. */
export class ProcessSampler {
  #memory: MemoryUse = read();
  #ratio = 0;
  #lastCpu = process.cpuUsage();
  #lastAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs: number, onSample: (use: MemoryUse) => void) {
    this.#timer = setInterval(() => {
      this.#memory = read();
      const now = performance.now();
      const { user, system } = process.cpuUsage(this.#lastCpu);
      this.#ratio = (user + system) / 1000 / Math.max(1, now - this.#lastAt);
      this.#lastCpu = process.cpuUsage();
      this.#lastAt = now;
      onSample(this.#memory);
    }, everyMs);
    this.#timer.unref();
    onSample(this.#memory);
  }

  get memory(): MemoryUse {
    return this.#memory;
  }

  /** Processor time over wall time of the last interval; 1 is one core. */
  get cpuRatio(): number {
    return this.#ratio;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function read(): MemoryUse {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
}

export function cpuSecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}
