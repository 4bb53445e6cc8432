import { HaiosError } from '../core/errors.ts';
import type { ReportQuery } from '../protocol/messages.ts';

const dayMs = 86_400_000;

/** The time a report is of, ms since the epoch: `range`, or the last days. Nothing after now. Throws USAGE for what is none. */
export function checkedRange(
  { range, days }: Pick<ReportQuery, 'range' | 'days'>,
  now: number,
): { readonly since: number; readonly until: number } {
  if (range === null) {
    if (!(Number.isFinite(days) && days > 0 && days <= 3660))
      throw usage(`days is ${days}; give a number from 1 to 3660`);
    return { since: now - days * dayMs, until: now };
  }
  const since = range.since;
  const until = Math.min(range.until ?? now, now);
  if (!Number.isSafeInteger(since) || !Number.isSafeInteger(until) || since < 0)
    throw usage(`range is ${range.since} to ${range.until}; give two times in milliseconds since 1970`);
  if (since >= now)
    throw usage(
      `The report’s time begins at ${new Date(since).toISOString()}, which is not past yet; give an earlier day`,
    );
  if (since >= until)
    throw usage(
      `The report’s time begins at ${new Date(since).toISOString()} and ends at ${new Date(until).toISOString()}; let it begin before it ends`,
    );
  return { since, until };
}

function usage(sentence: string): HaiosError {
  return new HaiosError('USAGE', `${sentence}.`);
}
