import type { Clock } from '../ports.ts';
import { HaiosError } from '../errors.ts';

export interface TimeoutLimits {
  /** The warning comes at `limitMs`, the abort at `limitMs × factor`, the kill `graceMs` later. */
  readonly limitMs: number;
  readonly factor: number;
  readonly graceMs: number;
  /** Where the limit is from, in a few words. */
  readonly reason: string;
}

export type TimeoutPhase = 'warning' | 'abort' | 'kill';

export interface TimedContext {
  /** Follows the call's scope, and is aborted with TIMEOUT at limit × factor. */
  readonly signal: AbortSignal;
  /** Runs `wait` with the call's time standing still: a person's answer is not the call's slowness. */
  offTheClock<T>(wait: () => Promise<T>): Promise<T>;
  /** Registers what ends the work for certain. Called once, at the kill, or at once if that has been. Returns how to take it back. */
  onKill(kill: () => void): () => void;
  /** The work itself is over: bookkeeping that follows is not timed and never cut off. Idempotent. */
  end(): void;
}

export interface TimedEvents {
  onPhase(phase: TimeoutPhase): void;
  /** The work is killed: its caller is told now, with the reason of the abort, whenever the work itself ends. */
  onKilled(reason: Error): void;
}

/**
 * The clock of one piece of work: warning → abort → kill. Work that is aborted from outside is killed after the same
 * grace. Signal and listeners are made only when the work asks for them.
 */
export class TimedWork implements TimedContext {
  readonly #clock: Clock;
  readonly #limits: TimeoutLimits;
  readonly #outer: AbortSignal;
  readonly #events: TimedEvents;
  #phase: 'running' | 'warned' | 'aborted' | 'killed' | 'over' = 'running';
  #killed = false;
  #controller: AbortController | null = null;
  #reason: Error | null = null;
  #cancelled: (() => void) | null = null;
  #killers: Set<() => void> | null = null;
  #cancelTimer: (() => void) | null = null;
  #left: number;
  #since: number;
  #stops = 0;
  #workedMs = 0;

  constructor(clock: Clock, limits: TimeoutLimits, outer: AbortSignal, events: TimedEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#outer = outer;
    this.#events = events;
    this.#left = limits.limitMs;
    this.#since = clock.monotonic();
    this.#startTimer();
  }

  get signal(): AbortSignal {
    return this.#follow().signal;
  }

  /** Why it was aborted; null if it was not, or if nobody could have heard of it. */
  get abortReason(): Error | null {
    return this.#reason;
  }

  get isKilled(): boolean {
    return this.#killed;
  }

  /** Time at work so far, ms: what stood still does not count. */
  get workedMs(): number {
    return this.#workedMs + (this.#stops === 0 ? this.#clock.monotonic() - this.#since : 0);
  }

  async offTheClock<T>(wait: () => Promise<T>): Promise<T> {
    this.#stop();
    try {
      return await wait();
    } finally {
      this.#goOn();
    }
  }

  onKill(kill: () => void): () => void {
    this.#follow();
    if (this.isKilled) kill();
    else (this.#killers ??= new Set()).add(kill);
    return () => this.#killers?.delete(kill);
  }

  end(): void {
    if (this.#phase === 'over') return;
    this.#workedMs = this.workedMs;
    this.#stops = 1;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#phase = 'over';
    if (this.#cancelled !== null) this.#outer.removeEventListener('abort', this.#cancelled);
    this.#cancelled = null;
  }

  #follow(): AbortController {
    if (this.#controller !== null) return this.#controller;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#reason !== null) controller.abort(this.#reason);
    else if (this.#outer.aborted) this.#cancel();
    else this.#outer.addEventListener('abort', (this.#cancelled = () => this.#cancel()), { once: true });
    return controller;
  }

  #cancel(): void {
    if (this.#phase !== 'running' && this.#phase !== 'warned') return;
    const { reason } = this.#outer as { reason: unknown };
    this.#abort(reason instanceof Error ? reason : new HaiosError('CANCELLED', 'The call was cancelled.'));
  }

  #abort(reason: Error): void {
    this.#phase = 'aborted';
    this.#reason = reason;
    this.#cancelTimer?.();
    this.#left = this.#limits.graceMs;
    this.#since = this.#clock.monotonic();
    // From here on nothing stands still: who was asked something is not asked any more.
    this.#stops = 0;
    this.#startTimer();
    this.#controller?.abort(reason);
  }

  #stop(): void {
    if (this.#phase === 'aborted' || this.#phase === 'killed' || this.#stops++ > 0) return;
    const worked = this.#clock.monotonic() - this.#since;
    this.#cancelTimer?.();
    this.#workedMs += worked;
    this.#left = Math.max(0, this.#left - worked);
  }

  #goOn(): void {
    if (this.#stops === 0 || --this.#stops > 0) return;
    this.#since = this.#clock.monotonic();
    this.#startTimer();
  }

  #startTimer(): void {
    this.#cancelTimer = this.#clock.after(this.#left, () => this.#next());
  }

  #next(): void {
    const { limitMs, factor } = this.#limits;
    switch (this.#phase) {
      case 'running':
        this.#phase = 'warned';
        this.#workedMs += this.#clock.monotonic() - this.#since;
        this.#since = this.#clock.monotonic();
        this.#left = limitMs * (factor - 1);
        this.#startTimer();
        this.#events.onPhase('warning');
        return;
      case 'warned':
        this.#workedMs += this.#clock.monotonic() - this.#since;
        this.#abort(timeoutError(this.#limits));
        this.#events.onPhase('abort');
        return;
      case 'aborted':
        this.#phase = 'killed';
        this.#killed = true;
        this.#events.onPhase('kill');
        for (const kill of this.#killers ?? []) kill();
        this.#events.onKilled(this.#reason ?? timeoutError(this.#limits));
        return;
      case 'killed':
      case 'over':
        return;
    }
  }
}

function timeoutError({ limitMs, factor, reason }: TimeoutLimits): HaiosError {
  return new HaiosError(
    'TIMEOUT',
    `The call took longer than ${(limitMs * factor) / 1000} s (${reason} × timeouts.escalation_factor) and was stopped.`,
  );
}
