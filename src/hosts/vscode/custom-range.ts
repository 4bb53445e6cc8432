import { parseRange, type ParsedRange } from '../report-range.ts';

/** A report’s time as it is typed into the editor; no `to`: until now. `now` in ms since the epoch. */
export function parseCustomRange(from: string, to: string, now: number): ParsedRange {
  const end = to.trim() === '' ? null : { name: 'To', text: to.trim() };
  return parseRange({ name: 'From', text: from.trim() }, end, now);
}

/** What is wrong with it, in one sentence; null: nothing. */
export function checkCustomRange(from: string, to: string, now: number): string | null {
  const parsed = parseCustomRange(from, to, now);
  return parsed.kind === 'wrong' ? parsed.message : null;
}
