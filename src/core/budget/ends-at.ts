import { hourMs } from './windows.ts';

/** How far back the pace is looked at. */
export const recentMs = 900_000;

/**
 * When a budget is used up if it goes on as in the last while, ms since the epoch. Null: not before it begins anew, or
 * nothing is being used. Amounts in the budget's unit; `recent` is what was settled in the last `recentMs`.
 */
export function endsAt(of: {
  readonly window: 'hour' | 'day' | 'week';
  readonly limit: number;
  readonly used: number;
  readonly recent: number;
  readonly now: number;
  readonly resetsAt: number | null;
}): number | null {
  const { window, limit, used, recent, now, resetsAt } = of;
  const perMs = recent / recentMs;
  if (!(perMs > 0)) return null;
  if (used >= limit) return now;
  const leavingPerMs = window === 'hour' ? leaving(used, recent) : 0;
  // An hour at this pace holds less than its limit: as much leaves it as comes in.
  if (window === 'hour' && perMs * hourMs <= limit) return null;
  const end = now + Math.ceil((limit - used) / (perMs - leavingPerMs));
  return resetsAt !== null && end >= resetsAt ? null : end;
}

/**
 * What leaves a rolling hour: of the use before the last while, spread evenly. If the pace goes over the limit at all,
 * it does so before that has left, so that the difference of the two is positive.
 */
function leaving(used: number, recent: number): number {
  return Math.max(0, used - recent) / (hourMs - recentMs);
}
