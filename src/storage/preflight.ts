import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { historySchema, ledgerSchema } from './migrations/lists.ts';
import { newerError } from './migrations/newer.ts';
import { ledgerPathOf } from './paths.ts';

const magic = 'SQLite format 3\0';
/** Where the header of a database file has its `user_version`: four bytes, the highest first. */
const versionAt = 60;

/**
 * Refuses a database of a newer HAiOS by the header of its two files, before SQLite is loaded: DATABASE_NEWER. What a
 * header does not tell (a version that is still in the log, damage, no access) comes out when the files are opened.
 * Returns the absolute path.
 */
export function refuseNewer(databasePath: string): string {
  const path = resolve(databasePath);
  refuse(path, historySchema.migrations.length);
  refuse(ledgerPathOf(path), ledgerSchema.migrations.length);
  return path;
}

function refuse(path: string, newest: number): void {
  const version = headerVersion(path);
  if (version !== null && version > newest) throw newerError(path, version, newest);
}

/** Null when there is no header to read. */
function headerVersion(path: string): number | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const header = Buffer.alloc(versionAt + 4);
    const read = readSync(file, header, 0, header.length, 0);
    return read === header.length && header.toString('latin1', 0, magic.length) === magic
      ? header.readInt32BE(versionAt)
      : null;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}
