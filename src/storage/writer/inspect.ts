import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import type { Schema } from '../migrations/lists.ts';
import { patiently } from './begin.ts';
import { codeOf, faultOf } from './faults.ts';

/** What lies at a path, before any of it is used. */
export type Found =
  | { readonly type: 'missing' }
  /** Nothing was ever stored in it. */
  | { readonly type: 'empty' }
  | { readonly type: 'damaged'; readonly why: string }
  /** A sound database of some other program. */
  | { readonly type: 'foreign' }
  | { readonly type: 'ours' };

/** `quick_check` reads the whole file: beyond this size only the header, the schema and a look at each table. */
const checkedBytes = 32 * 1024 * 1024;

const smallestPage = 512;

/** Throws what the operating system or the driver says when the file cannot be looked at. */
export function inspect(path: string, schema: Schema): Found {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { type: 'missing' };
  if (!stats.isFile()) throw Object.assign(new Error('it is not a file'), { code: 'EISDIR' });
  if (stats.size === 0) {
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    // The driver would delete the log of an empty file without a word.
    return log > 0 ? { type: 'damaged', why: 'the file was cut to nothing' } : { type: 'empty' };
  }
  // The driver takes less than a header for an empty file, and would write over it.
  if (stats.size < smallestPage) return { type: 'damaged', why: 'it is not a database' };
  let db: Database | null = null;
  try {
    // Read-only: closing it must not write a log back into a file that may be damaged.
    db = new Sqlite(path, { timeout: 0, readonly: true, fileMustExist: true });
    const opened = db;
    return patiently(5_000, () => look(opened, schema, stats.size));
  } catch (error) {
    if (faultOf(error) !== 'damaged') throw error;
    return { type: 'damaged', why: `${codeOf(error)}: ${error instanceof Error ? error.message : ''}` };
  } finally {
    db?.close();
  }
}

function look(db: Database, schema: Schema, size: number): Found {
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all().map(String);
  const version = Number(db.pragma('user_version', { simple: true }));
  if (tables.length === 0) return version === 0 ? { type: 'empty' } : { type: 'damaged', why: 'it has no tables' };
  const missing = schema.tables.filter((table) => !tables.includes(table));
  if (version === 0 || missing.length === schema.tables.length) return { type: 'foreign' };
  // A newer schema may have other tables: the migration says so in better words.
  if (version > schema.migrations.length) return { type: 'ours' };
  if (size <= checkedBytes) {
    const verdict = String(db.pragma('quick_check(1)', { simple: true }));
    if (verdict !== 'ok') return { type: 'damaged', why: verdict };
  }
  if (missing.length > 0 && version === schema.migrations.length) {
    return { type: 'damaged', why: `it has no table ${missing.join(', ')}` };
  }
  for (const table of tables) db.prepare(`SELECT 1 FROM "${table.replaceAll('"', '""')}" LIMIT 1`).get();
  return { type: 'ours' };
}
