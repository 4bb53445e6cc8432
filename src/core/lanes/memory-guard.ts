import { HaiosError } from '../errors.ts';

export interface MemoryLimits {
  readonly guards: boolean;
  readonly maxRssBytes: number;
  readonly heapWarningBytes: number;
}

export interface MemoryUse {
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
}

/** Refuses new slots while resident memory is over its limit, until it is 10 % below; running calls go on. */
export class MemoryGuard {
  #limits: MemoryLimits;
  #last: MemoryUse = { rss: 0, heap: 0, external: 0 };
  #refusing = false;
  #warned = false;
  readonly #onHeapWarning: (use: MemoryUse) => void;

  constructor(limits: MemoryLimits, onHeapWarning: (use: MemoryUse) => void = () => undefined) {
    this.#limits = limits;
    this.#onHeapWarning = onHeapWarning;
  }

  setLimits(limits: MemoryLimits): void {
    this.#limits = limits;
    this.sample(this.#last);
  }

  /** Tells the guard what was measured; called by a sampler, never on the path of a call. */
  sample(use: MemoryUse): void {
    this.#last = use;
    const { maxRssBytes, heapWarningBytes } = this.#limits;
    this.#refusing = this.#refusing ? use.rss > maxRssBytes * 0.9 : use.rss > maxRssBytes;
    const high = use.heap > heapWarningBytes;
    if (high && !this.#warned) this.#onHeapWarning(use);
    this.#warned = high;
  }

  get use(): MemoryUse {
    return this.#last;
  }

  /** Throws MEMORY_LIMIT while the guard refuses. */
  check(): void {
    if (!this.#limits.guards || !this.#refusing) return;
    const mb = (bytes: number): number => Math.round(bytes / 1048576);
    throw new HaiosError(
      'MEMORY_LIMIT',
      `The runtime uses ${mb(this.#last.rss)} MB of memory, over memory.max_rss_mb = ${mb(this.#limits.maxRssBytes)}; new calls wait until running ones end.`,
    );
  }
}
