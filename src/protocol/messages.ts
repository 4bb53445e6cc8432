import type { ErrorCode } from '../catalogue/errors.ts';
import type { LaneName, Priority } from '../catalogue/lanes.ts';
import type { OnLimit, RunStatus } from '../catalogue/states.ts';
import type { HostModel, HostModelPart, HostModelRequest } from './host-models.ts';
import type {
  ApproveMode,
  BudgetAmounts,
  BudgetRef,
  BudgetUse,
  CostRecord,
  IssueRow,
  LedgerRow,
  RunRow,
  SpanRow,
  Tokens,
} from './rows.ts';
import type { ApprovalView, BudgetStopView, RuntimeView, Snapshot, SnapshotDelta } from './snapshot.ts';

/** What a host asks of the runtime: method → parameters and result. Every request settles. */
export interface Requests {
  hello: { params: Hello; result: Welcome };
  startRun: { params: StartRun; result: RunRef };
  controlRun: { params: { runId: string; action: RunAction }; result: null };
  /** What a run does that waits because a budget allows no further call. Throws BUDGET_DECISION, RUN_NOT_FOUND. */
  decideBudget: { params: { runId: string; decision: BudgetDecision }; result: null };
  /** Sets a budget's limit (nano-dollars, or the resource's unit) for all windows of the user. Throws BUDGET_DECISION. */
  setBudget: { params: { budget: BudgetRef; limit: number; until: number | null }; result: null };
  /** One lane, or all of them (null). `drain` takes no new call and lets those that wait and run end. */
  controlLane: { params: { lane: LaneName | null; action: LaneAction }; result: null };
  /** One task of a run that is at work here. `retry` begins it again. */
  controlTask: { params: { runId: string; taskId: string; action: TaskAction }; result: null };
  /** What a run like this usually takes. */
  forecast: { params: ForecastQuery; result: Forecast };
  answerApproval: { params: { approvalId: string; decision: 'allow' | 'deny' | 'allow_run' }; result: null };
  setTrust: { params: { trusted: boolean; workspaces: readonly string[] }; result: null };
  /** The user's settings (keys as in haios.config.json, nested); null members are unset. */
  setSettings: { params: { settings: Readonly<Record<string, unknown>> }; result: { error: string | null } };
  /** A key from SecretStorage. It is kept in memory only and redacted wherever it appears. */
  setKey: { params: { model: string; key: string | null }; result: null };
  /** The language models that the host has now. */
  setHostModels: { params: { models: readonly HostModel[] }; result: null };
  /**
   * What a host's model answered so far, in order. Resolves when it was read: false when the call is over, and nothing
   * more of it is wanted.
   */
  hostModelParts: { params: { callId: string; parts: readonly HostModelPart[] }; result: boolean };
  newLedger: { params: Record<string, never>; result: null };
  /** The newest backup of the ledger that is whole; null: there is none. */
  ledgerBackup: { params: Record<string, never>; result: LedgerBackup | null };
  /** Puts that backup in the place of a damaged ledger. Throws LEDGER_DAMAGED when there is none. */
  restoreLedger: { params: Record<string, never>; result: LedgerBackup };
  /** The runtime itself, once it is open: its port and addresses. */
  runtime: { params: Record<string, never>; result: RuntimeView };
  subscribe: { params: Record<string, never>; result: Snapshot };
  runs: { params: RunsQuery; result: Page<RunRow> };
  run: { params: { run: string }; result: RunRow };
  /** Spans directly under `parentSpanId` (null: the root), live ones included. */
  spans: { params: { runId: string; parentSpanId: string | null }; result: readonly SpanRow[] };
  trace: { params: { run: string }; result: readonly SpanRow[] };
  /** The same as text: an indented tree, the rows as JSON, or OTLP/JSON. */
  traceText: { params: { run: string; format: 'tree' | 'json' | 'otlp' }; result: string };
  costs: { params: CostsQuery; result: readonly CostRow[] };
  calls: { params: CallsQuery; result: Page<LedgerRow> };
  explain: { params: { callId: string }; result: string };
  report: { params: ReportQuery; result: ReportResult };
  models: { params: Record<string, never>; result: readonly ModelInfo[] };
  /** Ids by which `priceAs` can reckon: configured models with a price first, then the price lists'. */
  priceIds: { params: Record<string, never>; result: readonly string[] };
  doctor: { params: Record<string, never>; result: readonly Check[] };
  shutdown: { params: { graceMs: number }; result: null };
}

export type Method = keyof Requests;
export type Params<M extends Method> = Requests[M]['params'];
export type Result<M extends Method> = Requests[M]['result'];

/** What the runtime tells its host without being asked. */
export interface Notifications {
  delta: SnapshotDelta;
  approval: ApprovalView;
  /** Told once when a run begins to wait for a budget. */
  budgetStop: BudgetStopView;
  /** A call of one of the host's own models; the host answers with `hostModelParts`. */
  hostModelCall: HostModelCall;
  /** Nothing more of that call is wanted. */
  hostModelCancel: { readonly callId: string };
  /** Said once to a person. */
  notice: Notice;
  runEnded: RunSummary;
  log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly line: string };
}
export type NotificationName = keyof Notifications;

/** Methods that only read: the browser panel may call these and no other. */
export const readMethods = [
  'runs',
  'run',
  'spans',
  'trace',
  'costs',
  'calls',
  'explain',
  'models',
  'priceIds',
] as const satisfies readonly Method[];
export type ReadMethod = (typeof readMethods)[number];

export interface Hello {
  readonly host: 'vscode' | 'cli';
  /** A person can be asked what a run does at a budget’s limit. */
  readonly attended: boolean;
  readonly workspaces: readonly string[];
  readonly trusted: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
}
/**
 * The runtime takes requests. It opens databases and port only now: what is asked meanwhile waits, and is refused with
 * the reason if they cannot be opened.
 */
export interface Welcome {
  readonly runtimeId: string;
  readonly version: string;
  readonly databasePath: string;
}

export interface HostModelCall extends HostModelRequest {
  readonly callId: string;
}

/** `stop_after_call` lets running calls end and then waits for a decision, as at a budget's limit. */
export type RunAction = 'cancel' | 'pause' | 'continue' | 'stop_after_call';

export type BudgetDecision =
  /** The new limit of the budget that stopped it, in that budget's unit. */
  | { readonly type: 'raise'; readonly limit: number; readonly until: number | null }
  /** Goes on by itself when the budget's window allows it. */
  | { readonly type: 'wait' }
  | { readonly type: 'switch_model'; readonly model: string }
  /** Goes on as it is: the budget may have been raised elsewhere. */
  | { readonly type: 'continue' }
  | { readonly type: 'stop' };

export interface LedgerBackup {
  /** Ms since the epoch. */
  readonly at: number;
  readonly calls: number;
  readonly nusd: number;
}

export type LaneAction = 'pause' | 'resume' | 'drain';
export type TaskAction = 'pause' | 'continue' | 'cancel' | 'retry';

export interface ForecastQuery {
  readonly prompt: string;
  readonly workspace: string | null;
  /** Null: the default model. */
  readonly model: string | null;
}
/** From the tenth to the ninetieth of a hundred such runs, and the middle one. */
export interface Range {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}
export type Forecast =
  | { readonly kind: 'not_enough_history'; readonly samples: number }
  | {
      readonly kind: 'range';
      /** How many past runs it is from. */
      readonly samples: number;
      readonly durationMs: Range;
      readonly tokens: Range;
      /** Nano-dollars; null when such runs cost nothing or have no known price. */
      readonly nusd: Range | null;
      readonly memBytes: Range;
    };

export interface StartRun {
  /** 1 to 200,000 characters; optional only with `resume`. */
  readonly prompt: string | null;
  readonly workspace: string | null;
  readonly model: string | null;
  readonly agent: string | null;
  readonly budget: BudgetAmounts;
  readonly priority: Priority;
  readonly approve: ApproveMode;
  readonly labels: readonly string[];
  /** What it does at a budget's limit; null: as configured. */
  readonly onLimit: OnLimit | null;
  /** A run id or its `g`. */
  readonly resume: string | null;
}
export interface RunRef {
  readonly runId: string;
  readonly g: number;
  readonly traceId: string;
}

/** The CLI's `--json` document, without the snake_case of its keys changed. */
export interface RunSummary {
  readonly run: string;
  readonly g: number;
  readonly status: RunStatus;
  readonly traceId: string;
  readonly tasks: number;
  readonly workerCalls: number;
  readonly tokens: Tokens & { readonly total: number };
  readonly usd: number;
  readonly usd_nano: number;
  readonly durationMs: number;
  readonly artefacts: readonly string[];
  readonly issues: readonly IssueRow[];
  readonly text: string;
  readonly priceAs: string | null;
  readonly estimated: boolean;
  readonly unpricedCalls: number;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Give it as `cursor` to get the next page; null at the end. */
  readonly next: string | null;
}
export interface RunsQuery {
  readonly limit: number;
  readonly cursor: string | null;
}
export interface CostsQuery {
  readonly by: 'run' | 'model' | 'day' | 'agent' | 'task' | 'resource';
  readonly days: number;
  readonly priceAs: string | null;
}
/** What in a group's money is not certain. */
export interface CostParts {
  readonly estimatedCalls: number;
  /** Of the money: what is an estimate. */
  readonly estimatedNusd: number;
  /** Of the tokens: those without a known price, whose money is in no sum. */
  readonly unpricedTokens: number;
}
export const noParts: CostParts = { estimatedCalls: 0, estimatedNusd: 0, unpricedTokens: 0 };
export function addParts(a: CostParts, b: CostParts): CostParts {
  return {
    estimatedCalls: a.estimatedCalls + b.estimatedCalls,
    estimatedNusd: a.estimatedNusd + b.estimatedNusd,
    unpricedTokens: a.unpricedTokens + b.unpricedTokens,
  };
}
export interface CostRow {
  /** The group: a run id, a model, a local day `YYYY-MM-DD`, an agent, a task id, a resource. */
  readonly key: string;
  readonly label: string;
  readonly cost: CostRecord;
  /** Null: not known apart. */
  readonly parts: CostParts | null;
  /** Some of the money was reckoned at this model's prices and not paid (`another model` where it is not known which). */
  readonly priceAs: string | null;
  /** Whole amount of a resource, for `by: resource` only. */
  readonly amount: number | null;
  readonly unit: string | null;
}
export interface CallsQuery {
  readonly by: 'run' | 'model' | 'day' | 'agent' | 'task' | 'all';
  readonly key: string;
  readonly days: number;
  readonly limit: number;
  readonly cursor: string | null;
}
export interface ReportQuery {
  readonly days: number;
  /** Ms since the epoch, instead of the last days; `until` null: now. */
  readonly range: { readonly since: number; readonly until: number | null } | null;
  readonly format: 'md' | 'csv' | 'json';
  readonly priceAs: string | null;
  /** Where to write; null writes Markdown into the workspace's `.haios/reports/`, and `-` writes nowhere. */
  readonly out: string | null;
  readonly workspace: string | null;
}
export interface ReportResult {
  readonly text: string;
  readonly path: string | null;
  readonly g: number;
}
export interface ModelInfo {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly ready: boolean;
  /** What is missing when not ready, in one sentence. */
  readonly note: string | null;
  readonly priced: boolean;
}
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly message: string;
  readonly remedy: string | null;
}
export interface Notice {
  readonly level: 'info' | 'warning' | 'error';
  readonly code: ErrorCode | IssueRow['code'] | 'BUDGET_WARNING' | 'MODEL_UNPRICED';
  readonly message: string;
  readonly runId: string | null;
  /** The budget it is about: a host can offer to raise it. */
  readonly budget?: BudgetUse;
}

/** An error on the wire. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Webview → host. */
export type PanelMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'request'; readonly id: number; readonly method: ReadMethod; readonly params: unknown }
  | { readonly type: 'cancelRun'; readonly runId: string }
  | { readonly type: 'resumeRun'; readonly runId: string }
  | { readonly type: 'decideBudget'; readonly runId: string; readonly decision: BudgetDecision }
  /** The host asks for the amount. */
  | { readonly type: 'raiseBudget'; readonly budget: BudgetRef }
  | { readonly type: 'answerApproval'; readonly approvalId: string; readonly decision: 'allow' | 'deny' | 'allow_run' }
  | { readonly type: 'controlLane'; readonly lane: LaneName | null; readonly action: LaneAction }
  /** Answered as a request is. */
  | {
      readonly type: 'controlTask';
      readonly id: number;
      readonly runId: string;
      readonly taskId: string;
      readonly action: TaskAction;
    }
  | { readonly type: 'showTrace'; readonly runId: string }
  | { readonly type: 'openReport'; readonly runId: string }
  | { readonly type: 'command'; readonly command: 'run' | 'exportReport' | 'openMetrics' };

/** Host → webview. `lost` means the runtime is gone; a new `snapshot` follows when it is back. */
export type HostMessage =
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot; readonly readOnly: boolean }
  | { readonly type: 'delta'; readonly delta: SnapshotDelta }
  | { readonly type: 'lost'; readonly message: string }
  /** `budgets`: the costs, at the budgets. */
  | { readonly type: 'view'; readonly view: 'live' | 'cost' | 'budgets' }
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: WireError };
