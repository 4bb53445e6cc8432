import type { Database } from 'better-sqlite3';
import { runtimeFields, runtimeOf } from '../rows/registry.ts';
import type { RuntimeRow } from '../storage.ts';
import { number, sql, text, upsert } from '../sql.ts';
import type { RegisteredRuntime } from '../thread/messages.ts';
import { leavePlaces } from './run-places.ts';

export function register(db: Database, row: RegisteredRuntime): void {
  upsert(db, 'runtimes', ['runtime_id'], runtimeFields({ ...row, heartbeat: 0 }));
}

export function beat(db: Database, runtimeId: string, port: number | null, row: RegisteredRuntime | null): void {
  const update = 'UPDATE runtimes SET heartbeat = heartbeat + 1, port = ? WHERE runtime_id = ?';
  const { changes } = sql(db, update).run(port, runtimeId);
  // Others took it for dead, or the database was begun anew: it says that it lives.
  if (changes === 0 && row !== null)
    upsert(db, 'runtimes', ['runtime_id'], runtimeFields({ ...row, port, heartbeat: 1 }));
}

export function leave(db: Database, runtimeId: string): void {
  leavePlaces(db, runtimeId);
  sql(db, 'DELETE FROM runtimes WHERE runtime_id = ?').run(runtimeId);
  sql(db, 'DELETE FROM leases WHERE runtime_id = ?').run(runtimeId);
}

export function lead(db: Database, runtimeId: string, dead: readonly string[]): boolean {
  const holder = sql(db, `SELECT runtime_id FROM leases WHERE name = 'leader'`).get();
  const held = holder === undefined ? null : text(holder, 'runtime_id');
  if (held === runtimeId) return true;
  if (held !== null && !dead.includes(held)) return false;
  upsert(db, 'leases', ['name'], { name: 'leader', runtime_id: runtimeId });
  return true;
}

/** All that have a row, and after them those that have none but left runs open. */
export function listRuntimes(db: Database): readonly RuntimeRow[] {
  const rows = sql(db, 'SELECT * FROM runtimes ORDER BY started_at, runtime_id').all().map(runtimeOf);
  const owners = sql(
    db,
    `SELECT runtime_id, MIN(started_at) AS started_at FROM runs
     WHERE status IN ('queued', 'running', 'waiting') AND runtime_id NOT IN (SELECT runtime_id FROM runtimes)
     GROUP BY runtime_id`,
  ).all();
  return [...rows, ...owners.map((owner) => withoutRow(text(owner, 'runtime_id'), number(owner, 'started_at')))];
}

/** Runtimes that hold reservations. */
export function holders(ledger: Database): readonly RuntimeRow[] {
  return sql(ledger, 'SELECT runtime_id, MIN(at) AS at FROM reservations GROUP BY runtime_id')
    .all()
    .map((holder) => withoutRow(text(holder, 'runtime_id'), number(holder, 'at')));
}

function withoutRow(runtimeId: string, startedAt: number): RuntimeRow {
  return { runtimeId, pid: 0, host: '', version: '', port: null, startedAt, heartbeat: 0 };
}
