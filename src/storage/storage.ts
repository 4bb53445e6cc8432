import type { HaiosError } from '../core/errors.ts';
import type { Ledger } from '../core/ports.ts';
import type { SpanPayload } from '../core/events.ts';
import type { Settled, SettledSums } from '../core/costs/settled-sums.ts';
import type { BackTest } from '../core/forecast/back-test.ts';
import type { Features, PastRun } from '../core/forecast/likeness.ts';
import type { StartAnswer } from '../core/policies/admission.ts';
import type { StartRule, StartSubject } from '../core/policies/start-rules.ts';
import type { ArtefactRow, CostRecord, IssueRow, LedgerRow, RunRow, SpanRow, TaskRow } from '../protocol/rows.ts';
import type {
  CallsQuery,
  CostParts,
  CostRow,
  Forecast,
  LedgerBackup,
  Notice,
  Page,
  RunsQuery,
} from '../protocol/messages.ts';

/** One row to write. Runs, tasks and spans are upserts by id; a task's row carries its cost record. */
export type Write = SpanWrite | RowWrite;
export interface SpanWrite {
  readonly type: 'span';
  readonly row: SpanRow;
  /** Null leaves the content that an earlier row had. */
  readonly payload: SpanPayload | null;
}
export type RowWrite =
  | { readonly type: 'run'; readonly row: RunRow }
  | { readonly type: 'task'; readonly row: TaskRow }
  | { readonly type: 'artefact'; readonly row: ArtefactRow }
  | { readonly type: 'issue'; readonly row: IssueRow }
  | { readonly type: 'report'; readonly row: ReportRow }
  /** Once for each `artefact.runId`: one that is there already stays, and neither row is stored. */
  | { readonly type: 'report_once'; readonly report: ReportRow; readonly artefact: ArtefactRow }
  | { readonly type: 'forecast'; readonly row: ForecastRow }
  | { readonly type: 'checkpoint'; readonly runId: string; readonly json: string }
  | { readonly type: 'checkpoint_gone'; readonly runId: string };

export interface ReportRow {
  readonly g: number;
  readonly kind: 'run' | 'cost';
  readonly path: string | null;
  readonly workspace: string | null;
  readonly at: number;
  readonly sha256: string;
}

/** A time, ms since the epoch, that has a report of its own, and the run id its artefact has. */
export interface ReportTime {
  readonly runId: string;
  readonly since: number;
  readonly until: number;
}

export interface ReportsState {
  /** When the last cost report of any kind was written. */
  readonly lastAt: number | null;
  /** When the first call of the ledger was settled. */
  readonly firstCallAt: number | null;
  /** Of each time that was asked about: whether its report is registered, and whether a call was settled in it. */
  readonly times: readonly { readonly reported: boolean; readonly spent: boolean }[];
}

/** One entry of a call in the ledger. */
export interface LedgerEntry {
  readonly entryId: number;
  readonly entry: 'reserve' | 'sent' | 'settle' | 'reverse' | 'release';
  readonly at: number;
  readonly tokens: number;
  readonly nusd: number;
  readonly estimated: boolean;
}

/** What was predicted of a run before it began. Its model is the run's. */
export interface ForecastRow extends Omit<Features, 'model'> {
  readonly runId: string;
  /** When it was made, ms since the epoch. */
  readonly at: number;
  readonly forecast: Forecast;
}

export interface RuntimeRow {
  readonly runtimeId: string;
  readonly pid: number;
  /** Identifies the machine, its boot and the pid namespace, so that a pid is only judged where it means something. */
  readonly host: string;
  readonly version: string;
  readonly port: number | null;
  readonly startedAt: number;
  /** Grows while the runtime lives; others compare it on their own monotonic clock. */
  readonly heartbeat: number;
}

export interface StorageOptions {
  /** Path of `haios.db`; the ledger lies beside it (`x/h.db` → `x/h.ledger.db`, `haios.db` → `ledger.db`). */
  readonly databasePath: string;
  /** Paths of the two thread bundles (or their .ts sources in tests). */
  readonly writerPath: string;
  readonly readerPath: string;
  /** A person agreed that a damaged ledger is begun anew. */
  readonly newLedger: boolean;
  /** Most rows buffered for the writer; spans beyond are dropped and counted, other rows never. */
  readonly maxBuffered: number;
  readonly onFlush: (flush: { durationMs: number; spans: number }) => void;
  readonly onDrop: (spans: number) => void;
  readonly onHealth: (health: StorageHealth) => void;
  /** Damage found after opening (what is found while opening is in `Storage.notices` only). */
  readonly onNotice?: (notice: Notice) => void;
  /** Background trouble for the log: a thread that was started again, a row that was refused. */
  readonly onError?: (error: HaiosError) => void;
}

export interface StorageHealth {
  readonly ledger: 'ok' | 'damaged' | 'unavailable';
  readonly history: 'ok' | 'unavailable';
  /** The sentence for a person while something is not ok. */
  readonly message: string | null;
}

/**
 * The two databases of the user, behind a writer thread (the only write connections) and a reader thread.
 * Opening throws DATABASE_NEWER or DATABASE_UNAVAILABLE; damage is mended as FAULTS 5 says and told in `notices`.
 */
export interface Storage {
  readonly databasePath: string;
  readonly ledgerPath: string;
  readonly notices: readonly Notice[];
  readonly ledger: Ledger;
  readonly reader: Reader;
  readonly runtimes: Runtimes;
  readonly backups: LedgerBackups;
  readonly places: RunPlaces;
  health(): StorageHealth;
  /** The next generation number: grows across all runtimes, one transaction each. */
  nextG(): Promise<number>;
  /** Buffers rows and returns at once. */
  write(rows: readonly Write[]): void;
  /** Resolves when all rows given so far are committed (or known to be lost). */
  flush(): Promise<void>;
  /** Sets a damaged ledger aside for good and begins a new one. */
  newLedger(): Promise<void>;
  /** Deletes spans, payloads, checkpoints and ended runs older than `before` (ms since the epoch); never the ledger. */
  retain(before: number): Promise<{ deleted: number }>;
  /** Idempotent: flushes, checkpoints and closes within the time given. */
  close(graceMs: number): Promise<void>;
}

/** Backups of the ledger, one a local day, the newest seven kept. Each question takes as long as the ledger is large. */
export interface LedgerBackups {
  /**
   * Makes the day's backup unless there is one. Null: the ledger holds nothing. Throws LEDGER_DAMAGED, LEDGER_UNAVAILABLE;
   * a half-made one never counts.
   */
  make(at: number): Promise<LedgerBackup | null>;
  /** The newest that is whole. */
  newest(): Promise<LedgerBackup | null>;
  /**
   * Puts the newest whole backup in the place of a damaged ledger, which is kept under another name. Safe when two
   * windows do it at once. Throws LEDGER_DAMAGED when there is no backup, USAGE when the ledger is sound.
   */
  restore(): Promise<LedgerBackup>;
}

export interface Runtimes {
  register(row: Omit<RuntimeRow, 'heartbeat'>): Promise<void>;
  /** A runtime whose row is gone (others took it for dead) puts it back with its next beat. */
  beat(runtimeId: string, port: number | null): Promise<void>;
  /**
   * All that are registered, and owners of open runs or reservations that have no row any more (pid 0, host '',
   * heartbeat 0): they can be judged by the heartbeat and buried like the others.
   */
  list(): Promise<readonly RuntimeRow[]>;
  /**
   * Mends what a dead runtime left: its unsent reservations released, its sent ones settled in full as estimates, its
   * open spans, tasks and runs closed as `interrupted`, the cost records of its runs' tasks made equal to the ledger.
   * Removes its row. Idempotent; safe when two runtimes do it at once. Returns the interrupted runs.
   */
  bury(runtimeId: string): Promise<readonly string[]>;
  leave(runtimeId: string): Promise<void>;
  /** Takes or renews the leader lease; true if this runtime holds it. `dead` are runtimes judged dead. */
  lead(runtimeId: string, dead: readonly string[]): Promise<boolean>;
}

/**
 * The places of runs among those that `policies` lets be at work, wait and start, over all runtimes. What a dead runtime
 * held is given back when it is buried. Each method throws DATABASE_UNAVAILABLE.
 */
export interface RunPlaces {
  /** One transaction: the run has a place, waits for one, or is refused and leaves nothing. */
  take(request: PlaceRequest, at: number): Promise<StartAnswer>;
  /** Of runs that wait, given in the order they asked in, starts those that may. Returns their ids. */
  advance(waiting: readonly PlaceRequest[], at: number): Promise<readonly string[]>;
  /** Gives the run's place back, also one it waits for. Idempotent. */
  leave(runId: string): Promise<void>;
}
export interface PlaceRequest {
  readonly runId: string;
  readonly runtimeId: string;
  readonly subject: StartSubject;
  readonly rules: readonly StartRule[];
  /** It takes a place, and its start was counted before. */
  readonly resumed: boolean;
}

export interface CostTotal extends CostRecord {
  readonly parts: CostParts;
  /** Some of the money was reckoned at another model's prices (`price_as`) and not paid. */
  readonly reckoned: boolean;
}

export interface Reader {
  runs(query: RunsQuery): Promise<Page<RunRow>>;
  /** By run id or `g`; null if there is none. */
  run(idOrG: string): Promise<RunRow | null>;
  tasks(runId: string): Promise<readonly TaskRow[]>;
  spans(runId: string, parentSpanId: string | null): Promise<readonly SpanRow[]>;
  trace(runId: string): Promise<readonly SpanRow[]>;
  payload(spanId: string): Promise<SpanPayload | null>;
  checkpoint(runId: string): Promise<string | null>;
  artefacts(runId: string): Promise<readonly ArtefactRow[]>;
  /** Newest first. `since` ≤ raised < `until`, ms since the epoch. */
  issues(filter: {
    runId?: string;
    open?: boolean;
    code?: IssueRow['code'];
    since?: number;
    until?: number;
    limit: number;
  }): Promise<readonly IssueRow[]>;
  calls(query: CallsQuery & { since: number }): Promise<Page<LedgerRow>>;
  call(callId: string): Promise<LedgerRow | null>;
  /** All entries of a call, the first made first. */
  entries(callId: string): Promise<readonly LedgerEntry[]>;
  /** Everything settled from `since` until (not with) `until`, summed; of runs, tasks and calls the dearest, at most `most`. */
  settled(query: { since: number; until: number; most: number }): Promise<SettledSums>;
  /** Its settlements and corrections one by one, by page: those after entry `after` and up to `upTo`. */
  settlements(query: {
    since: number;
    until: number;
    after: number;
    upTo: number;
    limit: number;
  }): Promise<readonly Settled[]>;
  /** Processor time, memory and disk of the tasks that ended in a time; money and tokens are 0. */
  used(query: { since: number; until: number }): Promise<CostRecord>;
  reports(times: readonly ReportTime[]): Promise<ReportsState>;
  /** Settled money and tokens from the ledger, cpu, memory and disk from the cost records, in one group each. */
  costs(query: {
    by: 'run' | 'task' | 'model' | 'day' | 'agent';
    since: number;
    until: number;
  }): Promise<readonly CostRow[]>;
  total(query: { since: number; until: number }): Promise<CostTotal>;
  /** The newest runs of a model that succeeded, at most `limit` of the last 2000 generations. `prompt` is as it would be stored. */
  pastRuns(query: { model: string; prompt: string; limit: number }): Promise<readonly PastRun[]>;
  /** Runs that succeeded from `since` until (not with) `until`, against the forecasts made before they began. */
  backTest(query: { since: number; until: number }): Promise<BackTest>;
  /**
   * `PRAGMA integrity_check` of both files, and the ledger's rollups against its rows; `ok` each. Rollups that differ
   * are made anew from the rows, and the answer says so.
   */
  integrity(): Promise<{ history: string; ledger: string }>;
}
