import type { Clock } from '../ports.ts';
import { HaiosError } from '../errors.ts';
import type { Deadline, DeadlineList, Deadlines } from './deadlines.ts';

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

/** What only work that asks for its signal, or is stopped, has. */
interface Stop {
  readonly controller: AbortController;
  readonly killers: Set<() => void>;
  follow: (() => void) | null;
}

/**
 * The clock of one piece of work: warning → abort → kill. Work that is aborted from outside is killed after the same
 * grace. It holds little, since there may be many: signal and listeners are made only when the work asks for them.
 */
export abstract class TimedWork implements TimedContext, Deadline {
  list: DeadlineList | null = null;
  before: Deadline | null = null;
  behind: Deadline | null = null;
  since = 0;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #outer: AbortSignal;
  #limits: TimeoutLimits | null = null;
  #phase: 'waiting' | 'running' | 'warned' | 'aborted' | 'killed' | 'over' | 'over after its kill' = 'waiting';
  #stop: Stop | null = null;
  #reason: Error | null = null;
  #left = 0;
  #stops = 0;
  #workedMs = 0;

  constructor(clock: Clock, deadlines: Deadlines, outer: AbortSignal) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#outer = outer;
  }

  protected abstract onPhase(phase: TimeoutPhase): void;
  /** The work is killed: its caller is to be told now, with the reason of the abort, whenever the work itself ends. */
  protected abstract onKilled(reason: Error): void;

  protected start(limits: TimeoutLimits): void {
    this.#limits = limits;
    this.#phase = 'running';
    this.#run(limits.limitMs);
  }

  protected get limits(): TimeoutLimits | null {
    return this.#limits;
  }

  get signal(): AbortSignal {
    return this.#stoppable().controller.signal;
  }

  /** Why it was aborted; null if it was not, or if nobody could have heard of it. */
  get abortReason(): Error | null {
    return this.#reason;
  }

  get isKilled(): boolean {
    return this.#phase === 'killed' || this.#phase === 'over after its kill';
  }

  /** Time at work so far, ms: what stood still does not count. */
  get workedMs(): number {
    const runs = this.#phase !== 'waiting' && this.#stops === 0;
    return this.#workedMs + (runs ? this.#clock.monotonic() - this.since : 0);
  }

  async offTheClock<T>(wait: () => Promise<T>): Promise<T> {
    this.#standStill();
    try {
      return await wait();
    } finally {
      this.#goOn();
    }
  }

  onKill(kill: () => void): () => void {
    const { killers } = this.#stoppable();
    if (this.isKilled) kill();
    else killers.add(kill);
    return () => killers.delete(kill);
  }

  end(): void {
    if (this.#phase === 'over' || this.#phase === 'over after its kill') return;
    this.#workedMs = this.workedMs;
    this.#stops = 1;
    this.#deadlines.remove(this);
    this.#phase = this.#phase === 'killed' ? 'over after its kill' : 'over';
    const follow = this.#stop?.follow ?? null;
    if (follow !== null) this.#outer.removeEventListener('abort', follow);
  }

  due(): void {
    const limits = this.#limits;
    if (limits === null) return;
    this.#workedMs = this.workedMs;
    this.since = this.#clock.monotonic();
    switch (this.#phase) {
      case 'running':
        this.#phase = 'warned';
        this.#run(limits.limitMs * (limits.factor - 1));
        this.onPhase('warning');
        return;
      case 'warned':
        this.#abort(timeoutError(limits));
        this.onPhase('abort');
        return;
      case 'aborted':
        this.#phase = 'killed';
        this.onPhase('kill');
        for (const kill of this.#stop?.killers ?? []) kill();
        this.onKilled(this.#reason ?? timeoutError(limits));
        return;
      case 'waiting':
      case 'killed':
      case 'over':
      case 'over after its kill':
        return;
    }
  }

  #run(ms: number): void {
    this.#left = ms;
    this.since = this.#clock.monotonic();
    this.#deadlines.add(this, ms);
  }

  #stoppable(): Stop {
    if (this.#stop !== null) return this.#stop;
    const stop: Stop = { controller: new AbortController(), killers: new Set(), follow: null };
    this.#stop = stop;
    if (this.#reason !== null) stop.controller.abort(this.#reason);
    else if (this.#outer.aborted) this.#cancel();
    else this.#outer.addEventListener('abort', (stop.follow = () => this.#cancel()), { once: true });
    return stop;
  }

  #cancel(): void {
    if (this.#phase !== 'running' && this.#phase !== 'warned') return;
    const { reason } = this.#outer as { reason: unknown };
    this.#abort(reason instanceof Error ? reason : new HaiosError('CANCELLED', 'The call was cancelled.'));
  }

  #abort(reason: Error): void {
    this.#workedMs = this.workedMs;
    this.#phase = 'aborted';
    this.#reason = reason;
    // From here on nothing stands still: who was asked something is not asked any more.
    this.#stops = 0;
    this.#deadlines.remove(this);
    this.#run(this.#limits?.graceMs ?? 0);
    this.#stop?.controller.abort(reason);
  }

  #standStill(): void {
    if (this.#phase === 'aborted' || this.#phase === 'killed' || this.#stops++ > 0) return;
    const worked = this.#clock.monotonic() - this.since;
    this.#deadlines.remove(this);
    this.#workedMs += worked;
    this.#left = Math.max(0, this.#left - worked);
  }

  #goOn(): void {
    if (this.#stops === 0 || (this.#phase !== 'running' && this.#phase !== 'warned') || --this.#stops > 0) return;
    this.#run(this.#left);
  }
}

function timeoutError({ limitMs, factor, reason }: TimeoutLimits): HaiosError {
  return new HaiosError(
    'TIMEOUT',
    `The call took longer than ${(limitMs * factor) / 1000} s (${reason} × timeouts.escalation_factor) and was stopped.`,
  );
}
