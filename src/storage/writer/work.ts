import { HaiosError, isHaiosError } from '../../core/errors.ts';
import type { Notice } from '../../protocol/messages.ts';
import { readCall } from '../rows/call.ts';
import { mendRollups, rollupDifferences } from '../rollups.ts';
import { readOverrides } from '../rows/override.ts';
import type { RuntimeRow, StorageHealth } from '../storage.ts';
import type { LedgerOperations, Reply, Request, ThreadData, WriterOperations } from '../thread/messages.ts';
import { toThreadError } from '../thread/messages.ts';
import { historySchema, ledgerSchema } from '../migrations/lists.ts';
import { backupsOf } from './backup-files.ts';
import { buryHistory, settledByTask } from './bury.ts';
import type { Connect } from './connection.ts';
import { DatabaseFile } from './database-file.ts';
import { makeFolder, removeAll } from './files.ts';
import { lastG, raiseG } from './generation.ts';
import { writeBatch } from './history-rows.ts';
import { LedgerBook } from './ledger-book.ts';
import { deleteSome } from './retention.ts';
import { historyNotice, ledgerNotice, restoredNotice } from './notices.ts';
import type { Restoration } from './restore.ts';
import { beat, holders, lead, leave, listRuntimes, register } from './runtimes.ts';

export interface WriterSettings {
  readonly connect: Connect;
  /** How long an admission or settlement tries to get the ledger from other processes, ms. */
  readonly ledgerWaitMs: number;
}
export interface WriterEvents {
  readonly onHealth: (health: StorageHealth) => void;
  readonly onNotice: (notice: Notice) => void;
}

type RequestOf<O> = {
  [K in keyof O & string]: { id: number; operation: K; params: O[K] extends { params: infer P } ? P : never };
}[keyof O & string];
type Known<O> = { [K in keyof O as string extends K ? never : K]: O[K] };
export type LedgerRequest = RequestOf<Known<LedgerOperations>>;
type OtherRequest = Exclude<RequestOf<Known<WriterOperations>>, LedgerRequest>;
type Outcome = { readonly type: 'done'; readonly result: unknown } | { readonly type: 'more' };

const ledgerOperations: readonly string[] = [
  'admit',
  'sent',
  'settle',
  'release',
  'use',
  'call',
  'override',
  'overrides',
];
const ledgerReads: readonly string[] = ['use', 'call', 'overrides'];

export function isLedgerRequest(request: Request): request is LedgerRequest {
  return ledgerOperations.includes(request.operation);
}
export function isWrite(request: Request): boolean {
  return request.operation === 'write';
}

/** What the writer thread does with its two files. Ledger requests come in groups, all others one by one. */
export class WriterWork {
  readonly #settings: WriterSettings;
  readonly #events: WriterEvents;
  readonly #history: DatabaseFile;
  readonly #ledger: DatabaseFile;
  readonly #book = new LedgerBook();
  readonly #deleted = new Map<number, number>();

  /** Throws DATABASE_NEWER, or DATABASE_UNAVAILABLE for the history; trouble with the ledger is told as health. */
  constructor(data: ThreadData, settings: WriterSettings, events: WriterEvents) {
    this.#settings = settings;
    this.#events = events;
    const onChange = (): void => events.onHealth(this.health());
    makeFolder(data.databasePath);
    this.#history = new DatabaseFile({
      path: data.databasePath,
      schema: historySchema,
      durability: 'normal',
      connect: settings.connect,
      unavailableCode: 'DATABASE_UNAVAILABLE',
      damagedCode: 'DATABASE_DAMAGED',
      renewsItself: true,
      wasThere: () => false,
      onChange,
      onDamage: (why, kept) => events.onNotice(historyNotice(data.databasePath, why, kept)),
    });
    this.#ledger = new DatabaseFile({
      path: data.ledgerPath,
      schema: ledgerSchema,
      durability: 'full',
      connect: settings.connect,
      unavailableCode: 'LEDGER_UNAVAILABLE',
      damagedCode: 'LEDGER_DAMAGED',
      renewsItself: false,
      wasThere: () => backupsOf(data.ledgerPath).length > 0,
      onChange,
      onDamage: (why, kept) => events.onNotice(ledgerNotice(data.ledgerPath, why, kept)),
    });
    this.#history.open();
    try {
      if (data.newLedger) this.#ledger.renew();
      else this.#ledger.open();
    } catch (error) {
      if (!isHaiosError(error) || error.code === 'DATABASE_NEWER') throw error;
    }
  }

  health(): StorageHealth {
    const ledger = this.#ledger.trouble;
    const history = this.#history.trouble;
    return {
      ledger: ledger === null ? 'ok' : ledger.code === 'LEDGER_DAMAGED' ? 'damaged' : 'unavailable',
      history: history === null ? 'ok' : 'unavailable',
      message: ledger?.message ?? history?.message ?? null,
    };
  }

  /** All of a group in one transaction, decided in order and committed before any of it is answered. */
  ledgerGroup(requests: readonly LedgerRequest[]): readonly Reply[] {
    if (requests.length === 0) return [];
    try {
      return this.#commit(requests);
    } catch (error) {
      this.#book.forget();
      if (requests.length > 1 && !isHaiosError(error))
        return requests.flatMap((request) => this.ledgerGroup([request]));
      // A full disk may still have room for what was spent, and that matters more than what is asked for.
      const settling = requests.filter(({ operation }) => operation !== 'admit');
      if (
        settling.length > 0 &&
        settling.length < requests.length &&
        isHaiosError(error) &&
        error.details['fault'] === 'unavailable'
      ) {
        const refused = requests
          .filter(({ operation }) => operation === 'admit')
          .map(({ id }) => ({ id, error: toThreadError(error) }));
        return [...refused, ...this.ledgerGroup(settling)];
      }
      return requests.map(({ id }) => ({ id, error: toThreadError(error) }));
    }
  }

  /** One request that is none of the ledger's. Throws a busy error after `waitMs`: it may then be tried again. */
  other(request: Request, waitMs: number): Outcome {
    const known = request as OtherRequest;
    switch (known.operation) {
      case 'write':
        return done(writeBatch(this.#history, waitMs, known.params));
      case 'nextG':
        return done(this.#nextG(waitMs));
      case 'register':
        return done(this.#change(waitMs, (db) => register(db, known.params.row)));
      case 'beat':
        return done(
          this.#change(waitMs, (db) => beat(db, known.params.runtimeId, known.params.port, known.params.row)),
        );
      case 'listRuntimes':
        return done(this.#list());
      case 'bury':
        return done(this.#bury(known.params.runtimeId, waitMs));
      case 'leave':
        return done(this.#change(waitMs, (db) => leave(db, known.params.runtimeId)));
      case 'lead':
        return done(this.#history.transaction(waitMs, (db) => lead(db, known.params.runtimeId, known.params.dead)));
      case 'retain':
        return this.#retain(known.id, known.params.before, waitMs);
      case 'mendRollups':
        return done(this.#mendRollups());
      case 'newLedger':
        this.#ledger.renew();
        return done(null);
      case 'restoreLedger':
        return done(this.#restore(known.params));
      case 'close':
        this.#history.close();
        this.#ledger.close();
        return done(null);
    }
  }

  #commit(requests: readonly LedgerRequest[]): readonly Reply[] {
    const writes = requests.some(({ operation }) => !ledgerReads.includes(operation));
    if (!writes) return this.#ledger.read((db) => requests.map((request) => this.#answer(db, request)));
    return this.#ledger.transaction(this.#settings.ledgerWaitMs, (db) =>
      requests.map((request) => this.#answer(db, request)),
    );
  }

  #answer(db: Parameters<LedgerBook['admit']>[0], request: LedgerRequest): Reply {
    try {
      return { id: request.id, result: this.#decide(db, request) };
    } catch (error) {
      if (!isHaiosError(error)) throw error;
      return { id: request.id, error: toThreadError(error) };
    }
  }

  #decide(db: Parameters<LedgerBook['admit']>[0], { operation, params }: LedgerRequest): unknown {
    switch (operation) {
      case 'admit':
        return this.#book.admit(db, params.ask, params.limits);
      case 'sent':
        this.#book.sent(db, params.callId, Date.now());
        return null;
      case 'settle':
        this.#book.settle(db, params.callId, params.settlement, params.ask);
        return null;
      case 'release':
        this.#book.release(db, params.callId, Date.now());
        return null;
      case 'use':
        return this.#book.use(db, params.limits, Date.now());
      case 'call':
        return readCall(db, params.callId);
      case 'override':
        this.#book.override(db, params.row);
        return null;
      case 'overrides':
        return readOverrides(db, params.at);
    }
  }

  #restore({ whole, identity, why, backup }: Restoration): null {
    try {
      const { replaced, kept } = this.#ledger.restore(whole, identity);
      if (replaced) this.#events.onNotice(restoredNotice(why, kept, backup));
    } finally {
      removeAll(whole);
      this.#book.forget();
    }
    return null;
  }

  #change(waitMs: number, work: (db: Parameters<typeof leave>[0]) => void): null {
    this.#history.transaction(waitMs, work);
    return null;
  }

  /** The number is kept in both files, so that it goes on growing when one of them is begun anew. */
  #nextG(waitMs: number): number {
    const g = this.#history.transaction(waitMs, (db) => {
      const next =
        Math.max(
          lastG(db),
          this.#orUnknown(0, () => this.#ledger.read(lastG)),
        ) + 1;
      raiseG(db, next);
      return next;
    });
    this.#orUnknown(undefined, () => this.#ledger.transaction(waitMs, (db) => raiseG(db, g)));
    return g;
  }

  #list(): readonly RuntimeRow[] {
    const rows = this.#history.read(listRuntimes);
    const known = new Set(rows.map(({ runtimeId }) => runtimeId));
    const others = this.#orUnknown([], () => this.#ledger.read(holders));
    return [...rows, ...others.filter(({ runtimeId }) => !known.has(runtimeId))];
  }

  #bury(runtimeId: string, waitMs: number): readonly string[] {
    const readable = this.#buryReservations(runtimeId);
    const settled = readable ? (runId: string) => this.#ledger.read((db) => settledByTask(db, runId)) : null;
    return this.#history.transaction(waitMs, (db) => buryHistory(db, runtimeId, settled));
  }

  /** False when the ledger is damaged: what it held cannot be known, and runs must not wait for it. */
  #buryReservations(runtimeId: string): boolean {
    try {
      this.#ledger.transaction(this.#settings.ledgerWaitMs, (db) => this.#book.bury(db, runtimeId, Date.now()));
      return true;
    } catch (error) {
      this.#book.forget();
      if (isHaiosError(error, 'LEDGER_DAMAGED')) return false;
      throw error;
    }
  }

  #mendRollups(): number {
    return this.#ledger.transaction(this.#settings.ledgerWaitMs, (db) => {
      const differences = rollupDifferences(db);
      if (differences > 0) mendRollups(db);
      this.#book.forget();
      return differences;
    });
  }

  #retain(id: number, before: number, waitMs: number): Outcome {
    const { deleted, more } = this.#history.transaction(waitMs, (db) => deleteSome(db, before));
    const total = (this.#deleted.get(id) ?? 0) + deleted;
    this.#deleted.set(id, total);
    if (more) return { type: 'more' };
    this.#deleted.delete(id);
    return done({ deleted: total });
  }

  /** For what is better known but not needed; the ledger's trouble is told as health. */
  #orUnknown<T>(unknown: T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof HaiosError) return unknown;
      throw error;
    }
  }
}

function done(result: unknown): Outcome {
  return { type: 'done', result };
}
