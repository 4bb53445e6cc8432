import type { Database } from 'better-sqlite3';
import { newerError } from './newer.ts';

/**
 * Brings a database to the last version of the list; the version is set in the same transaction as its change.
 * Safe when two processes do it at once. Throws DATABASE_NEWER for a version beyond the list.
 */
export function migrate(db: Database, migrations: readonly string[], path: string): void {
  if (versionOf(db, migrations.length, path) === migrations.length) return;
  db.transaction(() => {
    for (let version = versionOf(db, migrations.length, path); version < migrations.length; version += 1) {
      db.exec(migrations[version] ?? '');
      db.pragma(`user_version = ${version + 1}`);
    }
  }).immediate();
}

function versionOf(db: Database, newest: number, path: string): number {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > newest) throw newerError(path, version, newest);
  return version;
}
