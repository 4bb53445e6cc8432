import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { patiently } from './begin.ts';

/** Opens a write connection to an existing file. Tests give one of their own to fill the disk or look at its settings. */
export type Connect = (path: string, durability: Durability) => Database;
/** `full`: a commit is on disk when it returns. `normal`: a power cut may take the last commits, never the database. */
export type Durability = 'full' | 'normal';

const openWaitMs = 5_000;
/**
 * Pages of the log that are copied back into the file at once. The ledger's are few, so that no admission waits long;
 * the history takes a stream of rows, and each copying costs it two waits for the disk.
 */
const checkpointPages: Readonly<Record<Durability, number>> = { full: 400, normal: 4_000 };
const historyPageBytes = 16_384;

export const connect: Connect = (path, durability) => {
  const db = new Sqlite(path, { timeout: 0, fileMustExist: true });
  try {
    // Of a file that is just being made: a span's row must not need a page of its own beside the one it stands in.
    if (durability === 'normal') db.pragma(`page_size = ${historyPageBytes}`);
    patiently(openWaitMs, () => db.pragma('journal_mode = WAL'));
    db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    db.pragma(`wal_autocheckpoint = ${checkpointPages[durability]}`);
    // Room for the batch that goes over the mark: a log that is cut each time must grow again each time.
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`journal_size_limit = ${checkpointPages[durability] * 2 * pageBytes}`);
    db.pragma('foreign_keys = OFF');
    db.pragma('trusted_schema = OFF');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};
