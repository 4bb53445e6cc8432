import type { Database } from 'better-sqlite3';
import type { ErrorCode } from '../../catalogue/errors.ts';
import { HaiosError, isHaiosError } from '../../core/errors.ts';
import { migrate } from '../migrations/migrate.ts';
import type { Schema } from '../migrations/lists.ts';
import { inTransaction } from './begin.ts';
import type { Connect, Durability } from './connection.ts';
import { faultOf, isFull, reasonOf } from './faults.ts';
import { createWhole, identityOf, makeWhole, removeAll, replaceDamaged } from './files.ts';
import { inspect } from './inspect.ts';

export interface DatabaseFileOptions {
  readonly path: string;
  readonly schema: Schema;
  readonly durability: Durability;
  readonly connect: Connect;
  readonly unavailableCode: ErrorCode;
  readonly damagedCode: ErrorCode;
  /** Set a damaged file aside and begin a new one without asking. */
  readonly renewsItself: boolean;
  /** There are signs of a file that is missing now. */
  readonly wasThere: () => boolean;
  readonly onChange: () => void;
  /** A damaged file was set aside as `kept`, or (null) stays in the way until a person agrees to `renew`. */
  readonly onDamage: (why: string, kept: string | null) => void;
}

type State =
  | { readonly type: 'closed' }
  | { readonly type: 'open'; readonly db: Database; readonly identity: string | null }
  | { readonly type: 'damaged'; readonly why: string; readonly identity: string | null; readonly seenAt: number };

const againMs = 1_000;

/**
 * One database file with its write connection: opened, migrated, judged and, if it may be, renewed. Every failure is a
 * HaiosError of the codes given (a busy or unwritable file: `unavailableCode`), except what a row or statement is to
 * blame for, which is thrown as it came. Each use tries afresh, so that a file that works again is used again.
 */
export class DatabaseFile {
  readonly #options: DatabaseFileOptions;
  #state: State = { type: 'closed' };
  #trouble: HaiosError | null = null;
  #toldDamage: string | null = null;

  constructor(options: DatabaseFileOptions) {
    this.#options = options;
  }

  /** Why the file could not be used the last time; null while it works. */
  get trouble(): HaiosError | null {
    return this.#trouble;
  }

  /** Opens the file if it is not open. Throws as every use does, and DATABASE_NEWER. */
  open(): void {
    this.#use(() => undefined);
  }

  /** One transaction; waits at most `waitMs` for other processes. */
  transaction<T>(waitMs: number, work: (db: Database) => T): T {
    return this.#use((db) => inTransaction(db, waitMs, () => work(db)));
  }

  /** Reads that see one state of the file. */
  read<T>(work: (db: Database) => T): T {
    return this.#use((db) => db.transaction(() => work(db)).deferred(), 'read');
  }

  /** Sets a damaged file aside and begins a new one; a sound file is left alone. */
  renew(): void {
    try {
      this.open();
    } catch (error) {
      if (!isHaiosError(error, this.#options.damagedCode) || this.#state.type !== 'damaged') throw error;
      this.#renew(this.#state.why, this.#state.identity);
      this.open();
    }
  }

  /**
   * Puts a whole file in the place of the one that was found damaged (`identity`), and opens it. If another process has
   * put something there meanwhile, that is left alone: `replaced` is false.
   */
  restore(whole: string, identity: string | null): { readonly replaced: boolean; readonly kept: string | null } {
    const { path } = this.#options;
    this.close();
    const done = replaceDamaged(path, whole, () => identityOf(path) === identity);
    this.open();
    return done;
  }

  close(): void {
    if (this.#state.type === 'open' && this.#state.db.open) this.#state.db.close();
    this.#state = { type: 'closed' };
  }

  #use<T>(work: (db: Database) => T, kind: 'read' | 'any' = 'any'): T {
    try {
      let result: T;
      try {
        result = work(this.#current());
      } catch (error) {
        if (faultOf(error) !== 'damaged') throw error;
        this.#damaged(error instanceof Error ? error.message : 'the driver says so', this.#identity());
        result = work(this.#current());
      }
      // That it can be read does not mean that it can be written again.
      if (kind === 'any' || this.#trouble?.code === this.#options.damagedCode) this.#note(null);
      return result;
    } catch (error) {
      throw this.#judge(error);
    }
  }

  #current(): Database {
    const identity = identityOf(this.#options.path);
    const state = this.#state;
    if (state.type === 'open' && state.db.open && state.identity === identity && identity !== null) return state.db;
    if (state.type === 'damaged' && state.identity === identity && performance.now() - state.seenAt < againMs) {
      throw this.#damageError(state.why);
    }
    this.close();
    return this.#open();
  }

  /** Another process may replace the file while it is being opened here: then it is opened once more. */
  #open(): Database {
    for (let left = 5; ; left -= 1) {
      const before = identityOf(this.#options.path);
      try {
        return this.#openOnce();
      } catch (error) {
        if (left === 0 || identityOf(this.#options.path) === before) throw error;
      }
    }
  }

  #openOnce(): Database {
    const { path, schema, durability, connect, unavailableCode } = this.#options;
    const found = inspect(path, schema);
    switch (found.type) {
      case 'missing':
        // A ledger that was there is never begun anew by taking it away.
        if (this.#options.wasThere()) this.#damaged('it is gone, and there are backups of it', null);
        createWhole(path, schema, durability, connect);
        break;
      case 'foreign':
        throw new HaiosError(
          unavailableCode,
          `${path} is a database of another program: give another file with --db FILE.`,
        );
      case 'damaged':
        this.#damaged(found.why, identityOf(path));
        break;
      case 'empty':
        // Ours are never empty (they are made whole): it was cut to nothing, which matters where money was in it.
        if (!this.#options.renewsItself) this.#damaged('it is empty', identityOf(path));
        break;
      case 'ours':
        break;
    }
    const identity = identityOf(path);
    const db = connect(path, durability);
    try {
      migrate(db, schema.migrations, path);
      if (identityOf(path) !== identity)
        throw new HaiosError(unavailableCode, `${path} was replaced while it was opened.`);
    } catch (error) {
      db.close();
      throw error;
    }
    this.#state = { type: 'open', db, identity };
    return db;
  }

  /** Renews the file if it may, else throws the damage. */
  #damaged(why: string, identity: string | null): void {
    this.close();
    if (this.#options.renewsItself) {
      this.#renew(why, identity);
      return;
    }
    this.#state = { type: 'damaged', why, identity, seenAt: performance.now() };
    const which = identity ?? 'missing';
    if (this.#toldDamage !== which) this.#options.onDamage(why, null);
    this.#toldDamage = which;
    throw this.#damageError(why);
  }

  #renew(why: string, identity: string | null): void {
    const { path, schema, durability, connect } = this.#options;
    this.close();
    const whole = makeWhole(path, schema, durability, connect);
    try {
      const { kept } = replaceDamaged(path, whole, () => identityOf(path) === identity);
      if (kept !== null) this.#options.onDamage(why, kept);
    } finally {
      removeAll(whole);
    }
  }

  #judge(error: unknown): unknown {
    if (isHaiosError(error)) {
      const codes: readonly ErrorCode[] = [this.#options.unavailableCode, this.#options.damagedCode, 'DATABASE_NEWER'];
      if (codes.includes(error.code)) this.#note(error);
      return error;
    }
    const fault = faultOf(error);
    if (fault === 'refused') return error;
    // A connection that met an I/O error may not know what is on disk: the next use opens another.
    if (fault === 'unavailable' && !isFull(error)) this.close();
    const failure = new HaiosError(this.#options.unavailableCode, reasonOf(error, this.#options.path), {
      cause: error,
      details: { fault },
    });
    this.#note(failure);
    return failure;
  }

  #note(trouble: HaiosError | null): void {
    if (this.#trouble?.message === trouble?.message) return;
    this.#trouble = trouble;
    this.#options.onChange();
  }

  #identity(): string | null {
    return this.#state.type === 'open' ? this.#state.identity : identityOf(this.#options.path);
  }

  #damageError(why: string): HaiosError {
    const { path, damagedCode } = this.#options;
    return new HaiosError(
      damagedCode,
      `The ledger ${path} is damaged (${why}), so no paid call is admitted: restore its backup with haios doctor ` +
        '--restore-ledger, or agree to begin a new one with haios doctor --new-ledger (budgets then start at zero); the ' +
        'editor offers both, and the old file is kept.',
    );
  }
}
