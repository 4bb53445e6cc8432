import type { Clock } from '../ports.ts';
import { HaiosError } from '../errors.ts';

export interface TimeoutLimits {
  /** The warning comes at `limitMs`, the abort at `limitMs × factor`. */
  readonly limitMs: number;
  readonly factor: number;
}

export type TimeoutPhase = 'warning' | 'abort';

export interface TimedContext {
  readonly signal: AbortSignal;
  /** Runs `wait` with the call's time standing still: a person's answer is not the call's slowness. */
  readonly offTheClock: <T>(wait: () => Promise<T>) => Promise<T>;
}

/**
 * Runs `work` with a signal that follows `outer` and is aborted with TIMEOUT at limit × factor. Settles only when the
 * work does: what ignores its signal keeps its slot.
 */
export async function withTimeout<T>(
  clock: Clock,
  limits: TimeoutLimits,
  outer: AbortSignal,
  onPhase: (phase: TimeoutPhase) => void,
  work: (context: TimedContext) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer.reason);
  if (outer.aborted) follow();
  else outer.addEventListener('abort', follow, { once: true });

  const hardMs = limits.limitMs * limits.factor;
  const timers = [
    countdown(clock, limits.limitMs, () => onPhase('warning')),
    countdown(clock, hardMs, () => {
      onPhase('abort');
      controller.abort(
        new HaiosError(
          'TIMEOUT',
          `The call took longer than ${hardMs / 1000} s (timeouts.default_ms × timeouts.escalation_factor) and was aborted.`,
        ),
      );
    }),
  ];
  const offTheClock = async <R>(wait: () => Promise<R>): Promise<R> => {
    for (const timer of timers) timer.stop();
    try {
      return await wait();
    } finally {
      for (const timer of timers) timer.start();
    }
  };
  for (const timer of timers) timer.start();
  try {
    return await work({ signal: controller.signal, offTheClock });
  } catch (error) {
    // An aborted provider or tool throws its own kind of error; the reason of the abort is the truth.
    if (controller.signal.aborted && controller.signal.reason instanceof HaiosError) throw controller.signal.reason;
    throw error;
  } finally {
    for (const timer of timers) timer.stop();
    outer.removeEventListener('abort', follow);
  }
}

/** A timer that can stand still; stops and starts nest. */
function countdown(clock: Clock, ms: number, fn: () => void): { start(): void; stop(): void } {
  let left = ms;
  let depth = 1;
  let startedAt = 0;
  let cancel: (() => void) | undefined;
  return {
    start() {
      if (--depth > 0 || left === Infinity) return;
      startedAt = clock.monotonic();
      cancel = clock.after(left, () => {
        left = Infinity;
        fn();
      });
    },
    stop() {
      if (depth++ > 0) return;
      cancel?.();
      left -= clock.monotonic() - startedAt;
      if (left < 0) left = 0;
    },
  };
}
