import type { Clock } from '../ports.ts';

/** Further apart than this the two clocks have not run alike: someone set one, or the machine slept. */
const jumpMs = 5_000;

/**
 * How long the wall clock has run as evenly as the monotonic one. A sleep looks like a clock that is set forward, so it
 * is doubted as one. What was before the first look is taken for steady.
 */
export class SteadyClock {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  #last: { readonly wall: number; readonly monotonic: number };
  #since = -Infinity;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
    this.#last = { wall: clock.now(), monotonic: clock.monotonic() };
  }

  /** To be asked regularly, as a jump is only seen between two looks. Ms. */
  steadyMs(): number {
    const wall = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    const drift = wall - this.#last.wall - (monotonic - this.#last.monotonic);
    if (Math.abs(drift) > jumpMs) this.#since = monotonic;
    this.#last = { wall, monotonic };
    return monotonic - this.#since;
  }
}
