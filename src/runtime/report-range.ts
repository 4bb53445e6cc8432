import { HaiosError } from '../core/errors.ts';
import type { ReportQuery } from '../protocol/messages.ts';
import { rangeProblem } from '../protocol/report-range.ts';

const dayMs = 86_400_000;

/** The time a report is of, ms since the epoch: `range`, or the last days. Nothing after now. Throws USAGE for what is none. */
export function checkedRange(
  { range, days }: Pick<ReportQuery, 'range' | 'days'>,
  now: number,
): { readonly since: number; readonly until: number } {
  if (range === null) {
    if (!(Number.isFinite(days) && days > 0 && days <= 3660))
      throw new HaiosError('USAGE', `days is ${days}; give a number from 1 to 3660.`);
    return { since: now - days * dayMs, until: now };
  }
  const problem = rangeProblem(range, now);
  if (problem !== null) throw new HaiosError('USAGE', problem);
  return { since: range.since, until: Math.min(range.until ?? now, now) };
}
