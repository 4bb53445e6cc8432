import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { HaiosError, isHaiosError } from '../../core/errors.ts';
import type { LedgerBackup } from '../../protocol/messages.ts';
import { ledgerSchema } from '../migrations/lists.ts';
import { number, sql } from '../sql.ts';
import { backupPathOf, backupsOf } from './backup-files.ts';
import { faultOf, reasonOf } from './faults.ts';
import { makeFolder, removeAll, temporaryName } from './files.ts';

const keptBackups = 7;
/** What must stay free on the disk, so that a backup never keeps the ledger from being written. */
const reserveBytes = 64 * 1024 * 1024;
const waitMs = 5_000;
const halfMadeMs = 3_600_000;

/**
 * Makes the backup of the day (0600) unless there is a whole one, and drops all but the newest seven. It counts only
 * after it was checked: sound, and its totals those of the same rows of the ledger. Null: nothing was ever in the ledger.
 * Throws LEDGER_DAMAGED (nothing is dropped then) or LEDGER_UNAVAILABLE (a full disk); no half of one is left.
 * Takes long for a large ledger and holds up nobody's writing: it belongs into a thread of its own.
 */
export function makeBackup(ledgerPath: string, at: number): LedgerBackup | null {
  const path = backupPathOf(ledgerPath, at);
  const found = readBackup(path);
  if (found !== null) return found;
  try {
    const made = make(ledgerPath, path, at);
    if (made !== null) dropOld(ledgerPath);
    return made;
  } catch (error) {
    if (isHaiosError(error)) throw error;
    const code = faultOf(error) === 'damaged' ? 'LEDGER_DAMAGED' : 'LEDGER_UNAVAILABLE';
    throw new HaiosError(code, `The ledger was not backed up: ${reasonOf(error, path)}`, { cause: error });
  }
}

/** The newest backup that is whole; those that are not are passed over. */
export function newestBackup(ledgerPath: string): { readonly path: string; readonly backup: LedgerBackup } | null {
  for (const path of backupsOf(ledgerPath)) {
    const backup = readBackup(path);
    if (backup !== null) return { path, backup };
  }
  return null;
}

/** Takes the marks of a backup out of a copy that is to be used as a ledger. */
export function unseal(db: Database): void {
  db.exec(`DELETE FROM counters WHERE name LIKE 'backup%'`);
}

function make(ledgerPath: string, path: string, at: number): LedgerBackup | null {
  const source = new Sqlite(ledgerPath, { readonly: true, fileMustExist: true, timeout: waitMs });
  const temporary = temporaryName(path);
  try {
    if (source.prepare('SELECT 1 FROM ledger LIMIT 1').get() === undefined) return null;
    makeFolder(path);
    dropHalfMade(path);
    requireRoom(ledgerPath);
    closeSync(openSync(temporary, 'wx', 0o600));
    source.prepare('VACUUM INTO ?').run(temporary);
    const sums = seal(temporary, at);
    const { entries, nusd, tokens } = sumsOf(source, sums.head);
    // Damage is copied as it stands, so the copy tells of it.
    if (entries !== sums.entries || nusd !== sums.nusd || tokens !== sums.tokens || readBackup(temporary) === null)
      throw new HaiosError(
        'LEDGER_DAMAGED',
        `The backup of ${ledgerPath} did not pass its check and was not kept: run haios doctor, the ledger may be damaged.`,
      );
    sync(temporary);
    renameSync(temporary, path);
    sync(dirname(path));
    return { at, calls: sums.calls, nusd: sums.nusd };
  } finally {
    source.close();
    removeAll(temporary);
  }
}

interface Sums {
  /** The last entry that is in them. */
  readonly head: number;
  readonly entries: number;
  readonly calls: number;
  readonly nusd: number;
  readonly tokens: number;
}

/** The ledger is append-only: the same rows have the same sums for ever. */
function sumsOf(db: Database, head: number): Sums {
  const found = sql(
    db,
    `SELECT COUNT(*) AS entries, SUM(iif(entry = 'settle', 1, iif(entry = 'reverse', -1, 0))) AS calls,
       SUM(usd_nusd) AS nusd, SUM(total_tokens) AS tokens FROM ledger WHERE entry_id <= ?`,
  ).get(head);
  const of = (name: string): number => number(found ?? {}, name);
  return { head, entries: of('entries'), calls: of('calls'), nusd: of('nusd'), tokens: of('tokens') };
}

const marks = ['head', 'entries', 'calls', 'nusd', 'tokens'] as const;

/** Writes the sums into the copy, so that one that lost a row later is known by itself. */
function seal(path: string, at: number): Sums {
  const db = new Sqlite(path, { fileMustExist: true, timeout: waitMs });
  try {
    db.pragma('journal_mode = DELETE');
    const sums = sumsOf(db, number(sql(db, 'SELECT MAX(entry_id) AS head FROM ledger').get() ?? {}, 'head'));
    db.transaction(() => {
      const add = sql(db, 'INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)');
      add.run('backup_at', Math.round(at));
      for (const name of marks) add.run(`backup_${name}`, sums[name]);
    })();
    return sums;
  } finally {
    db.close();
  }
}

/** Null: it is not there, not sound, of a newer version, or its rows are not those it was sealed with. */
function readBackup(path: string): LedgerBackup | null {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return null;
  let db: Database | null = null;
  try {
    db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: waitMs });
    if (Number(db.pragma('user_version', { simple: true })) > ledgerSchema.migrations.length) return null;
    if (db.pragma('integrity_check(1)', { simple: true }) !== 'ok') return null;
    const read = sql(db, 'SELECT value FROM counters WHERE name = ?');
    const mark = (name: string): number => number(read.get(`backup_${name}`) ?? {}, 'value');
    const sums = sumsOf(db, Number.MAX_SAFE_INTEGER);
    if (mark('at') === 0 || mark('entries') !== sums.entries || mark('calls') !== sums.calls) return null;
    if (mark('nusd') !== sums.nusd || mark('tokens') !== sums.tokens) return null;
    return { at: mark('at'), calls: sums.calls, nusd: sums.nusd };
  } catch (error) {
    // Whatever it says (no database, a hole in it, no such table): it is of no use.
    if (faultOf(error) === 'busy') throw error;
    return null;
  } finally {
    db?.close();
  }
}

function requireRoom(ledgerPath: string): void {
  const { bavail, bsize } = statfsSync(dirname(ledgerPath));
  const size = statSync(ledgerPath).size + (statSync(`${ledgerPath}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  if (bavail * bsize >= size + reserveBytes) return;
  throw new HaiosError(
    'LEDGER_UNAVAILABLE',
    `The ledger was not backed up: ${dirname(ledgerPath)} has not the space for it. Free ${Math.ceil((size + reserveBytes) / 1048576)} MB.`,
  );
}

function dropOld(ledgerPath: string): void {
  for (const path of backupsOf(ledgerPath).slice(keptBackups)) rmSync(path, { force: true });
}

/** What a process that was killed left of its own. */
function dropHalfMade(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (!name.includes('.db.new-') || !name.startsWith(basename(path).slice(0, -13))) continue;
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > halfMadeMs) rmSync(join(folder, name), { force: true });
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
