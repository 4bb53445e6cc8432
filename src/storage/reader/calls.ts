import type { Database } from 'better-sqlite3';
import { HaiosError } from '../../core/errors.ts';
import type { CallsQuery, Page } from '../../protocol/messages.ts';
import type { LedgerRow } from '../../protocol/rows.ts';
import { callOf, selectCalls } from '../rows/call.ts';
import { sql, text } from '../sql.ts';
import { dayBounds } from './days.ts';
import { pageSize } from './runs.ts';

/**
 * Calls, the last reserved first. A call counts at its settlement (as in the sums of costs), or at its reservation
 * while it has none; those that count before `since` are left out.
 */
export function readCalls(db: Database, query: CallsQuery & { readonly since: number }): Page<LedgerRow> {
  const limit = pageSize(query.limit);
  const { condition, values } = conditionOf(query);
  const rows = sql(
    db,
    `${selectCalls} AND r.entry_id < @before AND counted_at >= @since AND ${condition} ORDER BY r.entry_id DESC LIMIT @limit`,
  ).all({ before: placeOf(query.cursor), since: query.since, limit: limit + 1, ...values });
  const last = rows[limit - 1];
  return {
    rows: rows.slice(0, limit).map(callOf),
    next: rows.length > limit && last !== undefined ? text(last, 'entry_id') : null,
  };
}

function conditionOf(query: CallsQuery): { condition: string; values: Readonly<Record<string, string | number>> } {
  switch (query.by) {
    case 'all':
      return { condition: 'TRUE', values: {} };
    case 'run':
      return { condition: 'r.run_id = @key', values: { key: query.key } };
    case 'task':
      return { condition: 'r.task_id = @key', values: { key: query.key } };
    case 'agent':
      return { condition: 'r.agent = @key', values: { key: query.key } };
    case 'model':
      return { condition: 'r.model = @key', values: { key: query.key } };
    case 'day': {
      const { start, end } = dayBounds(query.key);
      return { condition: 'counted_at >= @start AND counted_at < @end', values: { start, end } };
    }
  }
}

function placeOf(cursor: string | null): number {
  if (cursor === null) return Number.MAX_SAFE_INTEGER;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new HaiosError(
    'USAGE',
    `The cursor "${cursor.slice(0, 40)}" is none that a page gave: ask for the first page.`,
  );
}
