import type { LaneName } from '../../catalogue/lanes.ts';
import type { Clock } from '../ports.ts';
import type { Scheduler } from './scheduler.ts';

export interface LoadView {
  /** In one sentence. */
  readonly reason: string;
  /** Nothing starts before; milliseconds since the epoch, null when calls start. */
  readonly until: number | null;
}

export interface Overload {
  /** The provider's status, e.g. 429. */
  readonly status: number | null;
  /** How long it asks to be left alone. */
  readonly retryAfterMs: number | null;
}

/** One burst of refusals is one sign of overload. */
const burstMs = 1_000;
/** From this many signs without a success between them, the lane rests. */
const sustained = 3;
const firstRestMs = 1_000;
const longestRestMs = 60_000;
const longestRetryAfterMs = 300_000;

/**
 * How many slots a lane may use while the other side is overloaded: half as many with each sign of overload, one more with
 * each round of successes, none while it asks to be left alone or after signs in a row (back-off with jitter).
 */
export class LoadControl {
  readonly #lane: LaneName;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #random: () => number;
  #enabled = true;
  /** Slots in use by right of load; null while there is no overload. */
  #limit: number | null = null;
  #signs = 0;
  #lastSignAt = -Infinity;
  #restUntil = -Infinity;
  #wake: (() => void) | null = null;
  #why = '';

  /** `random` gives a number from 0 to 1. */
  constructor(lane: LaneName, scheduler: Scheduler, clock: Clock, random: () => number) {
    this.#lane = lane;
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#random = random;
  }

  /** Switched off, it gives all slots back. */
  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    if (!enabled) this.#recover();
  }

  get lane(): LaneName {
    return this.#lane;
  }

  overloaded({ status, retryAfterMs }: Overload): void {
    if (!this.#enabled) return;
    const now = this.#clock.monotonic();
    const { configured } = this.#scheduler.status().lanes[this.#lane];
    if (now - this.#lastSignAt >= burstMs || this.#limit === null) {
      this.#lastSignAt = now;
      this.#signs++;
      this.#limit = Math.max(1, Math.floor((this.#limit ?? configured) / 2));
    }
    this.#why = `the provider ${status === null ? 'is overloaded' : `answered ${status}`}`;
    const asked = Math.min(retryAfterMs ?? 0, longestRetryAfterMs);
    const rest = Math.max(asked, this.#signs >= sustained ? this.#backOffMs() : 0);
    if (rest > 0) this.#rest(now + rest);
    this.#apply();
  }

  succeeded(): void {
    if (this.#limit === null) return;
    this.#signs = 0;
    this.#limit += 1 / Math.max(1, Math.floor(this.#limit));
    if (this.#limit >= this.#scheduler.status().lanes[this.#lane].configured) this.#recover();
    else this.#apply();
  }

  /** Null while load takes nothing. */
  view(): LoadView | null {
    if (this.#limit === null) return null;
    const { configured } = this.#scheduler.status().lanes[this.#lane];
    const left = this.#restUntil - this.#clock.monotonic();
    const until = left > 0 ? this.#clock.now() + left : null;
    const slots = `${Math.floor(this.#limit)} of ${configured} slots`;
    return { reason: `${slots}: ${this.#why}`, until };
  }

  /** Lets go of its timer. */
  stop(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #backOffMs(): number {
    const longest = Math.min(longestRestMs, firstRestMs * 2 ** (this.#signs - sustained));
    return longest * (0.5 + this.#random() / 2);
  }

  #rest(until: number): void {
    if (until <= this.#restUntil) return;
    this.#restUntil = until;
    this.#wake?.();
    this.#wake = this.#clock.after(until - this.#clock.monotonic(), () => {
      this.#wake = null;
      this.#apply();
    });
  }

  #apply(): void {
    if (this.#limit === null) return;
    const resting = this.#wake !== null;
    this.#scheduler.setCap(this.#lane, resting ? 0 : Math.floor(this.#limit));
  }

  #recover(): void {
    this.stop();
    this.#limit = null;
    this.#signs = 0;
    this.#restUntil = -Infinity;
    this.#scheduler.setCap(this.#lane, null);
  }
}
