import type { LedgerLimit, Pace } from '../ports.ts';
import { hourMs } from './windows.ts';

/**
 * A limit spread over its window, if it is money of an hour or a day: a token bucket of which the share `burst` (0 to 1)
 * may be used at once. `asked` is what the call under way may cost: one that is larger than the burst passes alone.
 *
 * A day carries its pace itself. An hour rolls, so that no moment of it is its beginning: it gets a second limit beside
 * it, a shorter window inside of the hour. Both are to be held against.
 */
export function paced(limit: LedgerLimit, burst: number, now: number, asked: number): readonly LedgerLimit[] {
  if (limit.resource !== 'usd' || limit.limit <= 0) return [limit];
  if (limit.window === 'day' && limit.until !== null) {
    const { limit: most, since: start, until: end } = limit;
    return [{ ...limit, pace: calendarPace({ limit: most, burst, start, end, now, asked }) }];
  }
  if (limit.window !== 'hour') return [limit];
  const { lengthMs, pace } = rollingPace({ limit: limit.limit, burst, asked });
  return [
    limit,
    { ...limit, name: `${limit.name}${suffix}`, paces: limit.name, since: Math.floor(now - lengthMs), pace },
  ];
}

/** A limit that `paced` put beside an hour's. It holds calls back, and is no budget that a person would be shown. */
export function isPacing({ paces }: LedgerLimit): boolean {
  return paces !== undefined;
}

const suffix = ' (pacing)';

/**
 * For a window with a beginning and an end: `burst` of the limit at once, the rest evenly over the window's real length,
 * the whole at its end. What is not used adds up until then.
 */
export function calendarPace(of: {
  readonly limit: number;
  readonly burst: number;
  readonly start: number;
  readonly end: number;
  readonly now: number;
  readonly asked: number;
}): Pace {
  const { limit, burst, start, end, now, asked } = of;
  const length = Math.max(1, end - start);
  const elapsed = Math.min(length, Math.max(0, now - start));
  const spread = (1 - burst) * limit;
  const byNow = Math.floor(Math.min(limit, burst * limit + (spread * elapsed) / length));
  return { allowed: Math.max(byNow, Math.min(asked, limit)), perMs: spread / length };
}

/**
 * For a rolling hour: no more than C in the last C / r, where C is the burst (or the one call that is larger) and r the
 * limit per hour. Two such stretches that touch may both be full, so that any time t sees at most C + r·t: never more
 * than a token bucket of capacity C refilled at r lets pass, without a state of its own. And all of the limit fits into
 * one hour: at each burst's end the next may begin.
 */
export function rollingPace(of: { readonly limit: number; readonly burst: number; readonly asked: number }): {
  readonly lengthMs: number;
  readonly pace: Pace;
} {
  const { limit, burst, asked } = of;
  const allowed = Math.max(Math.floor(burst * limit), Math.min(asked, limit));
  return { lengthMs: (hourMs * allowed) / limit, pace: { allowed, perMs: limit / hourMs } };
}
