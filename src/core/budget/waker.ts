import { HaiosError } from '../errors.ts';
import type { Clock } from '../ports.ts';

/** A waiting call's place in its line. */
export interface Place {
  readonly line: string;
  /**
   * Resolves when the call should ask again: something was handed back in this process or the place moved to the head of
   * its line, else after `pollMs` for one at the head and after `longestMs` for the others. Rejects with the signal's reason.
   */
  turn(pollMs: number, longestMs: number, signal: AbortSignal): Promise<void>;
  /** Idempotent; the next in the line moves up. */
  leave(): void;
}

interface Waiting extends Place {
  atHead: boolean;
  /** Called while the place waits for its turn; a call made meanwhile is kept in `called`. */
  call: (() => void) | null;
  called: boolean;
}

/** So many of each line ask again, so that a thousand that wait cost the ledger no more than these. */
const headLength = 8;

/**
 * The calls of this process that wait for a budget, a line for each limit, in the order they came. Which of them is
 * admitted is for the ledger to say; the lines only decide who asks it again, and when.
 */
export class Waker {
  readonly #clock: Clock;
  readonly #lines = new Map<string, Waiting[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something was settled or released: whoever is at the head of a line asks again. */
  wake(): void {
    for (const line of this.#lines.values()) for (const place of line.slice(0, headLength)) call(place);
  }

  join(name: string): Place {
    const line = this.#lines.get(name) ?? [];
    this.#lines.set(name, line);
    const place: Waiting = {
      line: name,
      atHead: line.length < headLength,
      call: null,
      called: false,
      turn: (pollMs, longestMs, signal) => this.#turn(place, pollMs, longestMs, signal),
      leave: () => this.#leave(place),
    };
    line.push(place);
    return place;
  }

  /** Calls that wait. */
  get waiting(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.length, 0);
  }

  #leave(place: Waiting): void {
    const line = this.#lines.get(place.line) ?? [];
    const index = line.indexOf(place);
    if (index === -1) return;
    line.splice(index, 1);
    if (line.length === 0) this.#lines.delete(place.line);
    const next = line[headLength - 1];
    if (next === undefined || next.atHead) return;
    next.atHead = true;
    call(next);
  }

  #turn(place: Waiting, pollMs: number, longestMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        place.call = null;
        place.called = false;
        cancel();
        signal.removeEventListener('abort', stop);
        settle();
      };
      const stop = (): void => end(() => reject(reasonOf(signal)));
      place.call = () => end(resolve);
      const cancel = this.#clock.after(place.atHead ? Math.min(pollMs, longestMs) : longestMs, place.call);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      else if (place.called) place.call();
    });
  }
}

function call(place: Waiting): void {
  place.called = true;
  place.call?.();
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new HaiosError('CANCELLED', 'Cancelled while waiting for a budget.');
}
