import type { ReportQuery } from './messages.ts';

/** Why no report can be of this time, in one sentence with its full stop; null: it can. Nothing after `now` counts. */
export function rangeProblem({ since, until }: NonNullable<ReportQuery['range']>, now: number): string | null {
  const last = Math.min(until ?? now, now);
  if (!Number.isSafeInteger(since) || !Number.isSafeInteger(last) || since < 0)
    return `range is ${since} to ${until}; give two times in milliseconds since 1970.`;
  const begins = `The report’s time begins at ${new Date(since).toISOString()}`;
  if (since >= now) return `${begins}, which is not past yet; give an earlier day.`;
  if (since >= last) return `${begins} and ends at ${new Date(last).toISOString()}; let it begin before it ends.`;
  return null;
}
