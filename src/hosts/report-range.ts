import type { ReportQuery } from '../protocol/messages.ts';
import { rangeProblem } from '../protocol/report-range.ts';
import { oneLine } from '../protocol/text.ts';

/** An end of a report’s time as a person wrote it, and what it is called where it was asked for: `--from`, `From`. */
export interface RangeEnd {
  readonly name: string;
  readonly text: string;
}

export type ParsedRange =
  | { readonly kind: 'range'; readonly range: NonNullable<ReportQuery['range']> }
  | { readonly kind: 'wrong'; readonly message: string };

/**
 * A report’s time from its two ends: days (local and whole, the last one too) or moments; no `to`: until now. `now` in ms
 * since the epoch. What is wrong is one sentence with its full stop.
 */
export function parseRange(from: RangeEnd, to: RangeEnd | null, now: number): ParsedRange {
  const first = momentOf(from);
  if (first === null) return wrong(noMoment(from));
  const last = to === null ? null : momentOf(to);
  if (to !== null) {
    if (last === null) return wrong(noMoment(to));
    if (last.end <= first.start)
      return wrong(
        `${to.name} “${oneLine(to.text, 60)}” is not after ${from.name} “${oneLine(from.text, 60)}”; let the report end after it begins.`,
      );
  }
  const range = { since: first.start, until: last?.end ?? null };
  const problem = rangeProblem(range, now);
  return problem === null ? { kind: 'range', range } : wrong(problem);
}

/** A day from midnight to midnight (23 to 25 hours), or a moment, local unless it names its offset; null: it is neither. */
function momentOf({ text }: RangeEnd): { readonly start: number; readonly end: number } | null {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (day !== null) {
    const [year, month, date] = [Number(day[1]), Number(day[2]), Number(day[3])];
    const start = new Date(year, month - 1, date);
    if (start.getFullYear() !== year || start.getMonth() !== month - 1 || start.getDate() !== date) return null;
    return { start: start.getTime(), end: new Date(year, month - 1, date + 1).getTime() };
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text)) return null;
  const at = Date.parse(text);
  // Date.parse takes 30 February for 2 March.
  return Number.isNaN(at) || !isDay(text.slice(0, 10)) ? null : { start: at, end: at };
}

function isDay(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}

function noMoment({ name, text }: RangeEnd): string {
  return `${name} is “${oneLine(text, 60)}”; give a day, for instance 2026-11-01, or a time, for instance 2026-11-01T08:30.`;
}

function wrong(message: string): ParsedRange {
  return { kind: 'wrong', message };
}
