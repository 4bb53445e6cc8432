import type { ErrorCode } from '../../catalogue/errors.ts';
import { HaiosError, isHaiosError, messageOf } from '../../core/errors.ts';
import type { Admission, Ask, LedgerLimit, LimitUse, Settlement } from '../../core/ports.ts';
import type { LedgerRow, OverrideRow } from '../../protocol/rows.ts';
import type { LedgerBackup, Notice } from '../../protocol/messages.ts';
import type { SpanBatch } from '../span-queue.ts';
import type { Restoration } from '../writer/restore.ts';
import type { Reader, RowWrite, RuntimeRow, StorageHealth } from '../storage.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly databasePath: string;
  readonly ledgerPath: string;
  /** A damaged ledger may be set aside when it is opened. */
  readonly newLedger: boolean;
}

/** Operation → parameters and result. */
export type Operations = Record<string, { params: unknown; result: unknown }>;

export interface LedgerOperations extends Operations {
  admit: { params: { ask: Ask; limits: readonly LedgerLimit[] }; result: Admission };
  sent: { params: { callId: string }; result: null };
  /** `ask` is given while it is known, so that money spent is recorded in a ledger that was begun anew meanwhile. */
  settle: { params: { callId: string; settlement: Settlement; ask: Ask | null }; result: null };
  release: { params: { callId: string }; result: null };
  use: { params: { limits: readonly LedgerLimit[] }; result: readonly LimitUse[] };
  call: { params: { callId: string }; result: LedgerRow | null };
  override: { params: { row: OverrideRow }; result: null };
  overrides: { params: { at: number }; result: readonly OverrideRow[] };
}

export interface HistoryOperations extends Operations {
  write: { params: WriteBatch; result: Written };
  nextG: { params: null; result: number };
  register: { params: { row: Omit<RuntimeRow, 'heartbeat'> }; result: null };
  /** `row` is what was registered: a runtime that others took for dead puts its row back. */
  beat: { params: { runtimeId: string; port: number | null; row: RegisteredRuntime | null }; result: null };
  listRuntimes: { params: null; result: readonly RuntimeRow[] };
  bury: { params: { runtimeId: string }; result: readonly string[] };
  leave: { params: { runtimeId: string }; result: null };
  lead: { params: { runtimeId: string; dead: readonly string[] }; result: boolean };
  retain: { params: { before: number }; result: { deleted: number } };
}
export type RegisteredRuntime = Omit<RuntimeRow, 'heartbeat'>;

export interface ControlOperations extends Operations {
  /** Makes rollups that differ from the rows anew; how many differed. */
  mendRollups: { params: null; result: number };
  newLedger: { params: null; result: null };
  restoreLedger: { params: Restoration; result: null };
  close: { params: null; result: null };
}

export type WriterOperations = LedgerOperations & HistoryOperations & ControlOperations;

export type ReaderOperations = {
  [M in keyof Reader]: { params: Parameters<Reader[M]>; result: Awaited<ReturnType<Reader[M]>> };
} & Operations;

export interface BackupAnswers {
  makeBackup(at: number): LedgerBackup | null;
  newestBackup(): LedgerBackup | null;
  prepareRestore(): Restoration;
}
export type BackupOperations = {
  [M in keyof BackupAnswers]: { params: Parameters<BackupAnswers[M]>; result: ReturnType<BackupAnswers[M]> };
} & Operations;

/** What is stored in one transaction. */
export interface WriteBatch {
  readonly rows: readonly RowWrite[];
  readonly spans: SpanBatch;
}
export interface Written {
  readonly durationMs: number;
  readonly spans: number;
  /** Rows that the database refuses for what they hold, one sentence each; the others of the batch are stored. */
  readonly refused: readonly string[];
}

export interface Request {
  readonly id: number;
  readonly operation: string;
  readonly params: unknown;
}
export type Reply =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: ThreadError };
export interface ThreadError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Thread → main. A thread says `ready` or `failed` once, first. */
export type ThreadMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: ThreadError }
  | { readonly type: 'replies'; readonly replies: readonly Reply[] }
  | { readonly type: 'health'; readonly health: StorageHealth }
  | { readonly type: 'notice'; readonly notice: Notice };

export function toThreadError(error: unknown): ThreadError {
  if (isHaiosError(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: 'INTERNAL', message: `The storage thread failed: ${messageOf(error)}`, details: {} };
}

export function fromThreadError(error: ThreadError): HaiosError {
  return new HaiosError(error.code, error.message, { details: error.details });
}
