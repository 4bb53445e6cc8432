import type { Database } from 'better-sqlite3';
import type { BudgetRef, OverrideRow } from '../../protocol/rows.ts';
import type { Fields } from '../sql.ts';
import { number, numberOrNull, oneOf, sql, text } from '../sql.ts';

export function overrideFields(row: OverrideRow): Fields {
  const money = row.resource === 'usd';
  return {
    override_id: row.overrideId,
    at: Math.round(row.at),
    name: row.name,
    resource: row.resource,
    scope: row.scope,
    key: row.key,
    window: row.window,
    limit_nusd: money ? row.limit : null,
    limit_amount: money ? null : row.limit,
    until: row.until === null ? null : Math.round(row.until),
  };
}

export function overrideOf(fields: Fields): OverrideRow {
  return {
    overrideId: text(fields, 'override_id'),
    at: number(fields, 'at'),
    name: text(fields, 'name'),
    resource: oneOf(fields, 'resource'),
    scope: oneOf(fields, 'scope'),
    key: text(fields, 'key'),
    window: oneOf(fields, 'window'),
    limit: number(fields, fields['limit_nusd'] === null ? 'limit_amount' : 'limit_nusd'),
    until: numberOrNull(fields, 'until'),
  };
}

/** The override of a budget in force at a moment: the last one made of it, unless its time is over. */
export function readOverride(
  db: Database,
  { name, resource, scope, key, window }: BudgetRef,
  at: number,
): OverrideRow | null {
  const found = sql(
    db,
    `SELECT * FROM overrides WHERE key = ? AND name = ? AND resource = ? AND scope = ? AND "window" = ?
     ORDER BY rowid DESC LIMIT 1`,
  ).get(key, name, resource, scope, window);
  if (found === undefined) return null;
  const row = overrideOf(found);
  return row.until === null || row.until > at ? row : null;
}

/** All that are in force at a moment, at most one of each budget. */
export function readOverrides(db: Database, at: number): readonly OverrideRow[] {
  return sql(
    db,
    `SELECT * FROM overrides WHERE rowid IN
       (SELECT MAX(rowid) FROM overrides GROUP BY key, name, resource, scope, "window")
     AND (until IS NULL OR until > ?) ORDER BY rowid`,
  )
    .all(at)
    .map(overrideOf);
}
