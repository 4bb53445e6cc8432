import type { Clock } from '../../core/ports.ts';

export type StartWait =
  | { readonly kind: 'start'; readonly ms: number }
  /** Not to be started for so long. */
  | { readonly kind: 'given_up'; readonly ms: number; readonly failures: number };

/**
 * When a server that failed may be started again: after 0.5 s, then 1 s; after the third failure in a row it is given up
 * for 60 s and has then one try. A failure is a start that did not succeed, or an end within 10 s of its start.
 */
export class RestartLimit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #failures = 0;
  #failedAt = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  wait(): StartWait {
    if (this.#failures === 0) return { kind: 'start', ms: 0 };
    const since = this.#clock.monotonic() - this.#failedAt;
    if (this.#failures >= maxFailures) {
      const ms = givenUpMs - since;
      return ms > 0 ? { kind: 'given_up', ms, failures: this.#failures } : { kind: 'start', ms: 0 };
    }
    return { kind: 'start', ms: Math.max(0, firstPauseMs * 2 ** (this.#failures - 1) - since) };
  }

  failed(): void {
    this.#failures += 1;
    this.#failedAt = this.#clock.monotonic();
  }

  /** A server that had started ended by itself after so long. */
  ended(afterMs: number): void {
    if (afterMs < earlyMs) this.failed();
    else this.#failures = 0;
  }
}

const maxFailures = 3;
const earlyMs = 10_000;
const firstPauseMs = 500;
const givenUpMs = 60_000;
