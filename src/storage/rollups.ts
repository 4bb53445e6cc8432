import type { Database } from 'better-sqlite3';
import { fillRollups, measureNames, measuresOfRow, rollupTables } from './migrations/0002-ledger.ts';
import { number, sql } from './sql.ts';

/** A time from `since` until (not with) `until`, ms since the epoch. */
export interface Between {
  readonly since: number;
  readonly until: number;
}

/** Later than any settlement. */
export const forEver = Number.MAX_VALUE;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const names = ['workspace', 'agent', 'model', ...measureNames].join(', ');

/**
 * What was settled in a time, as a FROM clause for `boundsOf(time)`: whole days, hours and minutes (UTC) from the
 * rollups, the parts of a minute at both ends from the rows, so that it is exact to the millisecond. Its rows have the
 * columns of a rollup; `condition` may name workspace ('' in a rollup for none), agent and model.
 */
export function settledBetween(condition: string): string {
  const rows = (from: string, to: string): string =>
    `SELECT workspace, agent, model, ${measuresOfRow} FROM ledger
     WHERE pricing IS NOT NULL AND at >= @${from} AND at < @${to} AND ${condition}`;
  const slots = (span: number, from: string, to: string): string =>
    `SELECT ${names} FROM rollups WHERE span = ${span} AND start >= @${from} AND start < @${to} AND ${condition}`;
  return `(${[
    rows('since', 'minute'),
    slots(minute, 'minute', 'hour'),
    slots(hour, 'hour', 'day'),
    slots(day, 'day', 'dayEnd'),
    slots(hour, 'dayEnd', 'hourEnd'),
    slots(minute, 'hourEnd', 'minuteEnd'),
    rows('minuteEnd', 'until'),
  ].join(' UNION ALL ')})`;
}

/**
 * What runs and tasks settled from @since until (not with) @until, as a FROM clause. Those that lie wholly in that time
 * have a total of their own; of the others the rows are read.
 */
export const settledOfRuns = `(
  SELECT run_id, task_id, last_at, ${measureNames.join(', ')} FROM run_totals WHERE first_at >= @since AND last_at < @until
  UNION ALL SELECT l.run_id, l.task_id, l.at AS last_at, ${measuresOfRow} FROM ledger l
  WHERE l.pricing IS NOT NULL AND l.at >= @since AND l.at < @until AND l.run_id IN
    (SELECT run_id FROM run_totals WHERE first_at < @until AND last_at >= @since AND NOT (first_at >= @since AND last_at < @until))
    AND NOT EXISTS (SELECT 1 FROM run_totals t WHERE t.run_id = l.run_id AND t.task_id = l.task_id AND t.agent = l.agent
      AND t.model = l.model AND t.workspace = COALESCE(l.workspace, '') AND t.first_at >= @since AND t.last_at < @until))`;

/** The columns of a cost record out of such rows. */
export const totals = measureNames.map((name) => `SUM(${name}) AS ${name}`).join(', ');

/** Where the parts of a time begin and end, for `settledBetween`. */
export function boundsOf({ since, until }: Between): Readonly<Record<string, number>> {
  const [minutes, minuteEnd] = whole(minute, since, until);
  const [hours, hourEnd] = whole(hour, minutes, minuteEnd);
  const [days, dayEnd] = whole(day, hours, hourEnd);
  return { since, minute: minutes, hour: hours, day: days, dayEnd, hourEnd, minuteEnd, until };
}

/** The whole spans in a time; nothing at its end when there are none. */
function whole(span: number, since: number, until: number): readonly [number, number] {
  const from = Math.ceil(since / span) * span;
  const to = Math.floor(until / span) * span;
  return from < to ? [from, to] : [until, until];
}

/** How many rollups are not what the rows add up to; 0 in a sound ledger. Reads every row. */
export function rollupDifferences(db: Database): number {
  return rollupTables.reduce((count, { table, fromRows }) => {
    const found = sql(
      db,
      `SELECT (SELECT COUNT(*) FROM (${fromRows} EXCEPT SELECT * FROM ${table})) +
         (SELECT COUNT(*) FROM (SELECT * FROM ${table} EXCEPT ${fromRows})) AS differences`,
    ).get();
    return count + number(found ?? {}, 'differences');
  }, 0);
}

/** Makes the rollups anew from the rows, inside the caller's transaction. */
export function mendRollups(db: Database): void {
  db.exec(rollupTables.map(({ table }) => `DELETE FROM ${table};`).join('\n'));
  db.exec(fillRollups);
}
