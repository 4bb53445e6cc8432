import type { Database } from 'better-sqlite3';
import { faultOf } from './faults.ts';

/** Who holds the lock for so long is at no commit, and hurrying does not help. */
const longMs = 50;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Runs `work` inside one `BEGIN IMMEDIATE` transaction. While another connection holds the lock it tries again every 0.8 ms
 * or less (this thread sleeps: it is the writer's own), for at most `waitMs`; then it throws the driver's busy error.
 * Whatever `work` throws rolls everything back and is thrown on.
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

/**
 * Repeats what is busy. Jitter keeps two processes out of step, and pauses that grow shorter let who waits longest have the
 * lock most likely: it knows no order of its own.
 */
export function patiently<T>(waitMs: number, work: () => T): T {
  const start = performance.now();
  for (;;) {
    try {
      return work();
    } catch (error) {
      const waited = performance.now() - start;
      if (faultOf(error) !== 'busy' || waited >= waitMs) throw error;
      const pause = waited > longMs ? 0.5 : Math.max(0.04, 0.8 - waited * 0.2);
      Atomics.wait(sleeper, 0, 0, pause * (0.6 + Math.random() * 0.4));
    }
  }
}
