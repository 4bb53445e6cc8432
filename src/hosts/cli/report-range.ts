import type { ReportQuery } from '../../protocol/messages.ts';
import { parseRange } from '../report-range.ts';
import { usage } from './cli-error.ts';

/** `--from` and `--to` as a time; null: `--days` decides. `now` in ms since the epoch. Throws USAGE. */
export function reportRange(
  given: { readonly days: string | null; readonly from: string | null; readonly to: string | null },
  now: number,
): ReportQuery['range'] {
  const { days, from, to } = given;
  if (from === null) {
    if (to === null) return null;
    throw usage('--to is given without --from; give the first day too, for instance --from 2026-11-01.');
  }
  if (days !== null) throw usage('--days and --from are both given; keep one.');
  const end = to === null ? null : { name: '--to', text: to };
  const parsed = parseRange({ name: '--from', text: from }, end, now);
  if (parsed.kind === 'wrong') throw usage(parsed.message);
  return parsed.range;
}
