import { cancelled, throwIfAborted } from '../failures.ts';

export interface PoolFigures {
  /** Places of the pool. */
  readonly total: number;
  /** Free ones; 0 while more are taken than a lowered limit allows. */
  readonly available: number;
  /** Pieces of work that wait for a place. */
  readonly waiting: number;
}

export interface PlacesHooks {
  /** A place was taken: the work begins. */
  readonly onTaken: () => void;
  /** None was free: the work waits. */
  readonly onExhausted: () => void;
  /** The figures changed. */
  readonly onChanged: (figures: PoolFigures) => void;
}

/** Gives a place back, to the next in line at once. Idempotent. */
export type Release = () => void;

/**
 * A bounded number of places, first come first served. The line is bounded by who asks: each worker call waits for at most
 * one place, and the lanes bound the worker calls.
 */
export class Places {
  #limit: number;
  #taken = 0;
  readonly #line = new Set<() => void>();
  readonly #hooks: PlacesHooks;

  constructor(limit: number, hooks: PlacesHooks) {
    this.#limit = limit;
    this.#hooks = hooks;
  }

  /** Resolves when a place is taken. Throws CANCELLED on an abort while waiting; the place in line is then given up. */
  async take(signal: AbortSignal): Promise<Release> {
    throwIfAborted(signal);
    if (this.#taken < this.#limit) {
      const release = this.#enter();
      this.#changed();
      return release;
    }
    this.#hooks.onExhausted();
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(this.#enter());
      };
      const leave = (): void => {
        this.#line.delete(enter);
        this.#changed();
        reject(cancelled());
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#line.add(enter);
      this.#changed();
    });
  }

  /** Takes effect at once; what works above a lowered limit goes on. */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#admit();
    this.#changed();
  }

  get figures(): PoolFigures {
    return { total: this.#limit, available: Math.max(0, this.#limit - this.#taken), waiting: this.#line.size };
  }

  #enter(): Release {
    this.#taken += 1;
    this.#hooks.onTaken();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken -= 1;
      this.#admit();
      this.#changed();
    };
  }

  #admit(): void {
    for (const enter of this.#line) {
      if (this.#taken >= this.#limit) return;
      this.#line.delete(enter);
      enter();
    }
  }

  #changed(): void {
    this.#hooks.onChanged(this.figures);
  }
}
