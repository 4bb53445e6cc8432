import type { WireError } from '../src/protocol/messages.ts';
import type { Outcome } from './remote.ts';

/** Timers, as the platform has them; tests bring their own. */
export interface Timers {
  set(run: () => void, ms: number): number;
  clear(timer: number): void;
}

export const requestTimeoutMs = 20_000;

/** Requests under way. Each settles once: by its reply, by `failAll`, or by its timeout. */
export class Pending {
  readonly #timers: Timers;
  readonly #open = new Map<number, { settle: (outcome: Outcome<unknown>) => void; timer: number }>();
  #last = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** `send` gets the request's id; if it throws, the request fails at once. */
  request(send: (id: number) => void): Promise<Outcome<unknown>> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((settle) => {
      const timer = this.#timers.set(() => this.settle(id, failed('TIMEOUT', noAnswer)), requestTimeoutMs);
      this.#open.set(id, { settle, timer });
      try {
        send(id);
      } catch (error) {
        this.settle(id, failed('INTERNAL', `The request could not be sent: ${String(error)}`));
      }
    });
  }

  /** An id that is not open (any more) is let pass. */
  settle(id: number, outcome: Outcome<unknown>): void {
    const entry = this.#open.get(id);
    if (!entry) return;
    this.#open.delete(id);
    this.#timers.clear(entry.timer);
    entry.settle(outcome);
  }

  failAll(message: string): void {
    for (const id of [...this.#open.keys()]) this.settle(id, failed('RUNTIME_LOST', message));
  }
}

export const noAnswer = `The runtime did not answer within ${requestTimeoutMs / 1000} seconds. Try again.`;

export function failed(code: WireError['code'], message: string): Outcome<never> {
  return { ok: false, error: { code, message } };
}
