import type { Database } from 'better-sqlite3';
import type { OverrideRow } from '../../protocol/rows.ts';
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

/** The last one made of each budget, whether its time is over or not. */
export function readLastOverrides(db: Database): readonly OverrideRow[] {
  return sql(
    db,
    `SELECT * FROM overrides WHERE rowid IN
       (SELECT MAX(rowid) FROM overrides GROUP BY key, name, resource, scope, "window") ORDER BY rowid`,
  )
    .all()
    .map(overrideOf);
}

/** All that are in force at a moment, at most one of each budget. */
export function readOverrides(db: Database, at: number): readonly OverrideRow[] {
  return readLastOverrides(db).filter(({ until }) => until === null || until > at);
}
