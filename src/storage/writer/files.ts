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
  const whole = makeWhole(path, schema, durability, connect);
  try {
    putInPlace(whole, path);
  } finally {
    removeAll(whole);
  }
}

/** A new database (0600) beside its later place; returns its name. */
export function makeWhole(path: string, schema: Schema, durability: Durability, connect: Connect): string {
  const whole = temporaryName(path);
  try {
    closeSync(openSync(whole, 'wx', 0o600));
    const db = connect(whole, durability);
    try {
      migrate(db, schema.migrations, path);
    } finally {
      db.close();
    }
    return whole;
  } catch (error) {
    removeAll(whole);
    throw error;
  }
}

export function temporaryName(path: string): string {
  return `${path}.new-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Removes a file of ours and its side files. */
export function removeAll(path: string): void {
  for (const side of ['', ...sides]) rmSync(`${path}${side}`, { force: true });
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
 * Puts a whole file in the place of a damaged one, which is kept under another name with its side files; none is ever
 * deleted, and at no moment is there no file, so that nobody takes it for missing. `isDamaged` is asked again while no
 * other process of ours can be at it: the file may be a new one by now, and is then left alone.
 */
export function replaceDamaged(
  path: string,
  whole: string,
  isDamaged: () => boolean,
): { readonly replaced: boolean; readonly kept: string | null } {
  const lock = `${path}.repair`;
  patiently(5_000, () => takeLock(lock));
  try {
    if (!isDamaged()) return { replaced: false, kept: null };
    const kept = freeName(path);
    const isThere = existsSync(path);
    if (isThere) keepAs(path, kept);
    // Side files first: a new database must never find the log of the old one.
    for (const side of sides) if (existsSync(`${path}${side}`)) renameSync(`${path}${side}`, `${kept}${side}`);
    renameSync(whole, path);
    return { replaced: true, kept: isThere ? kept : null };
  } finally {
    rmSync(lock, { force: true });
  }
}

function keepAs(path: string, kept: string): void {
  try {
    linkSync(path, kept);
  } catch {
    // A file system without hard links.
    renameSync(path, kept);
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
