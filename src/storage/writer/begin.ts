import type { Database } from 'better-sqlite3';
import { faultOf } from './faults.ts';

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Runs `work` inside one `BEGIN IMMEDIATE` transaction. While another connection holds the lock it tries again every
 * 0.1 to 0.5 ms (this thread sleeps: it is the writer's own), for at most `waitMs`; then it throws the driver's busy
 * error. Whatever `work` throws rolls everything back and is thrown on.
 */
export function inTransaction<T>(db: Database, waitMs: number, work: () => T): T {
  patiently(waitMs, () => db.exec('BEGIN IMMEDIATE'));
  try {
    const result = work();
    patiently(waitMs, () => db.exec('COMMIT'));
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

function rollBack(db: Database): void {
  // SQLite itself has already rolled back after some errors (a full disk among them).
  if (!db.open || !db.inTransaction) return;
  try {
    db.exec('ROLLBACK');
  } catch {
    // The error that led here says more; the connection is of no use now, and closing it ends the transaction.
    db.close();
  }
}

/** Repeats what is busy, with a jittered pause that keeps two processes out of step. */
export function patiently<T>(waitMs: number, work: () => T): T {
  const end = performance.now() + waitMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (faultOf(error) !== 'busy' || performance.now() >= end) throw error;
      Atomics.wait(sleeper, 0, 0, 0.1 + Math.random() * 0.4);
    }
  }
}
