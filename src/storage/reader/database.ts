import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import type { ErrorCode } from '../../catalogue/errors.ts';
import { HaiosError } from '../../core/errors.ts';
import { faultOf, reasonOf } from '../writer/faults.ts';
import { identityOf } from '../writer/files.ts';

/** How long a read may wait for a file that is just being recovered or closed, ms; this thread has nothing else to do. */
const waitMs = 2_000;

/** A file open for reading only; opened anew when it was replaced or failed. */
export class ReadDatabase {
  readonly #path: string;
  readonly #codes: { readonly unavailable: ErrorCode; readonly damaged: ErrorCode };
  readonly #functions: (db: Database) => void;
  #open: { readonly db: Database; readonly identity: string | null } | null = null;

  constructor(
    path: string,
    codes: { readonly unavailable: ErrorCode; readonly damaged: ErrorCode },
    functions: (db: Database) => void,
  ) {
    this.#path = path;
    this.#codes = codes;
    this.#functions = functions;
  }

  /** Reads one state of the file. Throws a HaiosError of the codes given. */
  read<T>(work: (db: Database) => T): T {
    try {
      const db = this.#current();
      return db.transaction(() => work(db)).deferred();
    } catch (error) {
      throw this.#judge(error);
    }
  }

  close(): void {
    this.#open?.db.close();
    this.#open = null;
  }

  #current(): Database {
    const identity = identityOf(this.#path);
    if (this.#open !== null && this.#open.identity === identity) return this.#open.db;
    this.close();
    if (!existsSync(this.#path)) throw new HaiosError(this.#codes.unavailable, `${this.#path} is not there.`);
    const db = new Sqlite(this.#path, { readonly: true, fileMustExist: true, timeout: waitMs });
    this.#functions(db);
    this.#open = { db, identity };
    return db;
  }

  #judge(error: unknown): unknown {
    if (error instanceof HaiosError) return error;
    const fault = faultOf(error);
    switch (fault) {
      case 'refused':
        return error;
      case 'damaged':
        this.close();
        return new HaiosError(this.#codes.damaged, `${this.#path} is damaged and cannot be read.`, { cause: error });
      case 'busy':
      case 'unavailable':
        this.close();
        return new HaiosError(this.#codes.unavailable, reasonOf(error, this.#path), {
          cause: error,
          details: { fault },
        });
    }
  }
}
