import type { ReportQuery } from '../../protocol/messages.ts';
import { oneLine } from '../../protocol/text.ts';
import { usage } from './cli-error.ts';

/** `--from` and `--to` as a time; null: `--days` decides. Days are local and whole, the last one too. Throws USAGE. */
export function reportRange(given: {
  readonly days: string | null;
  readonly from: string | null;
  readonly to: string | null;
}): ReportQuery['range'] {
  const { days, from, to } = given;
  if (from === null) {
    if (to === null) return null;
    throw usage('--to is given without --from; give the first day too, for instance --from 2026-11-01.');
  }
  if (days !== null) throw usage('--days and --from are both given; keep one.');
  const since = momentOf('from', from).start;
  const until = to === null ? null : momentOf('to', to).end;
  if (until !== null && until <= since) {
    throw usage(
      `--to “${oneLine(to ?? '', 60)}” is not after --from “${oneLine(from, 60)}”; let the report end after it begins.`,
    );
  }
  return { since, until };
}

/** A day from midnight to midnight (23 to 25 hours), or a moment, local unless it names its offset. */
function momentOf(flag: 'from' | 'to', text: string): { readonly start: number; readonly end: number } {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (day !== null) {
    const [year, month, date] = [Number(day[1]), Number(day[2]), Number(day[3])];
    const start = new Date(year, month - 1, date);
    if (start.getMonth() === month - 1 && start.getDate() === date)
      return { start: start.getTime(), end: new Date(year, month - 1, date + 1).getTime() };
  } else if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text)) {
    const at = Date.parse(text);
    // Date.parse takes 30 February for 2 March.
    if (!Number.isNaN(at) && isDay(text.slice(0, 10))) return { start: at, end: at };
  }
  throw usage(
    `--${flag} is “${oneLine(text, 60)}”; give a day, for instance 2026-11-01, or a time, for instance 2026-11-01T08:30.`,
  );
}

function isDay(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}
