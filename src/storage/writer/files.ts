import { closeSync, existsSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HaiosError } from '../../core/errors.ts';
import { migrate } from '../migrations/migrate.ts';
import type { Schema } from '../migrations/lists.ts';
import { damagedPathOf } from '../paths.ts';
import { patiently } from './begin.ts';
import type { Connect, Durability } from './connection.ts';
import { codeOf, reasonOf } from './faults.ts';

const sides = ['-wal', '-shm', '-journal'] as const;

/** Which file a path leads to now; changes when the file is replaced. Null: there is none. */
export function identityOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
}

/** Makes the folder (0700) of a database. Throws DATABASE_UNAVAILABLE. */
export function makeFolder(databasePath: string): void {
  try {
    mkdirSync(dirname(databasePath), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new HaiosError('DATABASE_UNAVAILABLE', reasonOf(error, dirname(databasePath)), { cause: error });
  }
}

/**
 * Creates a database (0600) whole or not at all: it is made under another name and then linked to its own, so that
 * neither a crash nor a second process can leave or see half of one. A file that is there already is left alone.
 */
export function createWhole(path: string, schema: Schema, durability: Durability, connect: Connect): void {
  const temporary = `${path}.new-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  try {
    closeSync(openSync(temporary, 'wx', 0o600));
    const db = connect(temporary, durability);
    try {
      migrate(db, schema.migrations, path);
    } finally {
      db.close();
    }
    putInPlace(temporary, path);
  } finally {
    for (const side of ['', ...sides]) rmSync(`${temporary}${side}`, { force: true });
  }
}

function putInPlace(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    // A file system without hard links: the window between the check and the rename is the best it offers.
    if (!existsSync(path)) renameSync(temporary, path);
  }
}

/**
 * Renames a damaged file and its side files, never deleting any. `isDamaged` is asked again while no other process of
 * ours can be at it: the file may be a new one by now. Returns the new name, or null if there was nothing to set aside.
 */
export function setAside(path: string, isDamaged: () => boolean): string | null {
  const lock = `${path}.repair`;
  patiently(5_000, () => takeLock(lock));
  try {
    if (!existsSync(path) || !isDamaged()) return null;
    const kept = freeName(path);
    // Side files first: a new database must never find the log of the old one.
    for (const side of [...sides, '']) if (existsSync(`${path}${side}`)) renameSync(`${path}${side}`, `${kept}${side}`);
    return kept;
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): void {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (Math.abs(age) > 10_000) rmSync(lock, { force: true });
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw Object.assign(new Error(`${lock} is held by another process`), { code: 'SQLITE_BUSY' });
  }
}

function freeName(path: string): string {
  const first = damagedPathOf(path, new Date());
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? first : first.replace(/\.db$/, `-${count}.db`);
    if (!existsSync(name)) return name;
  }
}
