import { chmodSync, constants, copyFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import Sqlite from 'better-sqlite3';
import { HaiosError, isHaiosError } from '../../core/errors.ts';
import type { LedgerBackup } from '../../protocol/messages.ts';
import { ledgerSchema } from '../migrations/lists.ts';
import { migrate } from '../migrations/migrate.ts';
import { mendRollups } from '../rollups.ts';
import { sql, text } from '../sql.ts';
import { newestBackup, unseal } from './backup.ts';
import { inTransaction } from './begin.ts';
import { connect } from './connection.ts';
import { faultOf, reasonOf } from './faults.ts';
import { identityOf, removeAll, temporaryName } from './files.ts';
import { inspect } from './inspect.ts';
import { LedgerBook } from './ledger-book.ts';

/** A whole ledger beside a damaged one, ready to be put in its place. */
export interface Restoration {
  readonly whole: string;
  /** Of the damaged file. */
  readonly identity: string | null;
  readonly why: string;
  readonly backup: LedgerBackup;
}

const waitMs = 5_000;

/**
 * Makes a ledger of the newest whole backup, under another name. What calls held when it was made is settled in full, as
 * an estimate: whether they were sent afterwards is not known any more. Throws USAGE for a sound ledger, LEDGER_DAMAGED
 * when there is no whole backup, LEDGER_UNAVAILABLE. Takes long for a large ledger.
 */
export function prepareRestore(ledgerPath: string): Restoration {
  try {
    return prepare(ledgerPath);
  } catch (error) {
    if (isHaiosError(error)) throw error;
    throw new HaiosError('LEDGER_UNAVAILABLE', reasonOf(error, ledgerPath), { cause: error });
  }
}

function prepare(ledgerPath: string): Restoration {
  const identity = identityOf(ledgerPath);
  const why = damageOf(ledgerPath);
  if (why === null)
    throw new HaiosError('USAGE', `The ledger ${ledgerPath} is sound, so nothing was put in its place.`);
  const newest = newestBackup(ledgerPath);
  if (newest === null)
    throw new HaiosError(
      'LEDGER_DAMAGED',
      `There is no whole backup of the ledger ${ledgerPath}: begin a new one with haios doctor --new-ledger; budgets then start at zero.`,
    );
  const whole = temporaryName(ledgerPath);
  try {
    copyFileSync(newest.path, whole, constants.COPYFILE_EXCL);
    chmodSync(whole, 0o600);
    const db = connect(whole, 'full');
    try {
      migrate(db, ledgerSchema.migrations, ledgerPath);
      inTransaction(db, waitMs, () => {
        unseal(db);
        mendRollups(db);
        db.exec('DELETE FROM waiting');
        settleHeld(db);
      });
    } finally {
      // The last connection takes the log into the file and removes it.
      db.close();
    }
  } catch (error) {
    removeAll(whole);
    throw error;
  }
  return { whole, identity, why, backup: newest.backup };
}

function settleHeld(db: Database): void {
  const book = new LedgerBook();
  const now = Date.now();
  for (const held of sql(db, `SELECT call_id FROM reservations WHERE state = 'reserved'`).all())
    book.sent(db, text(held, 'call_id'), now);
  for (const owner of sql(db, 'SELECT DISTINCT runtime_id FROM reservations').all())
    book.bury(db, text(owner, 'runtime_id'), now);
}

/** Why the file is of no use; null: it is sound. */
function damageOf(path: string): string | null {
  const found = inspect(path, ledgerSchema);
  switch (found.type) {
    case 'missing':
      return 'it is gone';
    case 'empty':
      return 'it is empty';
    case 'damaged':
      return found.why;
    case 'foreign':
      throw new HaiosError('LEDGER_UNAVAILABLE', `${path} is a database of another program.`);
    case 'ours': {
      const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: waitMs });
      try {
        const verdict = String(db.pragma('integrity_check(1)', { simple: true }));
        return verdict === 'ok' ? null : verdict;
      } catch (error) {
        if (faultOf(error) === 'damaged' && error instanceof Error) return error.message;
        throw error;
      } finally {
        db.close();
      }
    }
  }
}
