import type { ErrorCode } from '../catalogue/errors.ts';
import type { LaneName, Priority } from '../catalogue/lanes.ts';
import type {
  BudgetScope,
  BudgetWindow,
  ModelRole,
  Resource,
  ServiceTier,
  RunStatus,
  SpanStatus,
  StageName,
  TaskSize,
  TaskStatus,
  TaskType,
  WaitReason,
} from '../catalogue/states.ts';

/** Tokens in disjoint buckets; their sum is the call's total. Non-negative integers. */
export interface Tokens {
  readonly input: number;
  readonly cache_read: number;
  readonly cache_write: number;
  readonly cache_write_1h: number;
  readonly output: number;
  readonly reasoning: number;
}

export const noTokens: Tokens = {
  input: 0,
  cache_read: 0,
  cache_write: 0,
  cache_write_1h: 0,
  output: 0,
  reasoning: 0,
};

export function totalTokens(t: Tokens): number {
  return inputTokens(t) + outputTokens(t);
}

/** Everything the model read, cached or not. */
export function inputTokens(t: Tokens): number {
  return t.input + t.cache_read + t.cache_write + t.cache_write_1h;
}

/** Everything the model wrote, its reasoning included. */
export function outputTokens(t: Tokens): number {
  return t.output + t.reasoning;
}

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    cache_read: a.cache_read + b.cache_read,
    cache_write: a.cache_write + b.cache_write,
    cache_write_1h: a.cache_write_1h + b.cache_write_1h,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
  };
}

/** How a call's usd came to be. `as` means priced as another model by the user's `price_as`. */
export type Pricing = 'priced' | 'free' | 'unpriced' | 'reported' | 'as';

/** What one task used, its children excluded. Money in integer nano-dollars (1e-9 USD). */
export interface CostRecord {
  readonly tokens: Tokens;
  readonly nusd: number;
  readonly cpuSeconds: number;
  /** Peak resident memory of what the task started, bytes. */
  readonly memBytes: number;
  /** Bytes written less bytes removed. */
  readonly diskBytes: number;
  readonly calls: number;
  /** Some part of `nusd` or `tokens` is an estimate. */
  readonly estimated: boolean;
  /** Calls whose model has no known price; their money is not in `nusd`. */
  readonly unpricedCalls: number;
}

export const noCost: CostRecord = {
  tokens: noTokens,
  nusd: 0,
  cpuSeconds: 0,
  memBytes: 0,
  diskBytes: 0,
  calls: 0,
  estimated: false,
  unpricedCalls: 0,
};

/** Sums a task's record into a run's: everything adds, memory is a maximum. */
export function addCost(a: CostRecord, b: CostRecord): CostRecord {
  return {
    tokens: addTokens(a.tokens, b.tokens),
    nusd: a.nusd + b.nusd,
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    memBytes: Math.max(a.memBytes, b.memBytes),
    diskBytes: a.diskBytes + b.diskBytes,
    calls: a.calls + b.calls,
    estimated: a.estimated || b.estimated,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
  };
}

/** A limit a person gave for one run. */
export type BudgetAmounts = Partial<Record<Resource, number>>;
export type ApproveMode = 'ask' | 'all' | 'none';

export interface RunRow {
  readonly runId: string;
  readonly g: number;
  readonly prompt: string;
  readonly workspace: string | null;
  readonly model: string;
  readonly agent: string;
  readonly priority: Priority;
  readonly approve: ApproveMode;
  readonly budget: BudgetAmounts;
  readonly status: RunStatus;
  readonly waiting: WaitReason | null;
  readonly traceId: string;
  readonly runtimeId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Time at work, pauses and dead time excluded, ms. */
  readonly durationMs: number;
  readonly cost: CostRecord;
  readonly tasks: number;
  readonly workerCalls: number;
  /** The model the money was reckoned as, if `price_as` was in force. */
  readonly priceAs: string | null;
  /** Words a person put on it, e.g. `ticket-17`; policies may ask for some. */
  readonly labels: readonly string[];
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** Final text of the run, at most 64 KiB. */
  readonly text: string;
}

export interface TaskRow {
  readonly taskId: string;
  readonly runId: string;
  readonly parentTaskId: string | null;
  readonly spanId: string;
  readonly title: string;
  readonly type: TaskType;
  readonly size: TaskSize;
  readonly depth: number;
  readonly status: TaskStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly cost: CostRecord;
  readonly error: string | null;
}

export type SpanKind = 'plan' | 'task' | 'stage' | 'worker_call' | 'chat' | 'tool' | 'file_write';
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanEventRow {
  readonly name: string;
  readonly at: number;
  readonly attributes: Attributes;
}

export interface SpanRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly runId: string;
  readonly taskId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly stage: StageName | null;
  readonly lane: LaneName | null;
  readonly status: SpanStatus;
  /** Milliseconds since the epoch, with fractions. */
  readonly startedAt: number;
  /** Milliseconds, from a monotonic clock; null while it runs. */
  readonly durationMs: number | null;
  readonly tokens: number;
  readonly nusd: number;
  readonly estimated: boolean;
  readonly error: string | null;
  readonly attributes: Attributes;
  readonly events: readonly SpanEventRow[];
  /** How many spans hang directly under it; readers fill it in, writers give 0. */
  readonly children: number;
}

/** One call in the ledger, reserved and (if ended) settled. */
export interface LedgerRow {
  readonly callId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly agent: string;
  readonly role: ModelRole;
  readonly model: string;
  readonly responseModel: string | null;
  readonly workspace: string | null;
  readonly at: number;
  readonly settledAt: number | null;
  readonly state: 'reserved' | 'sent' | 'settled' | 'released';
  readonly reservedNusd: number;
  readonly reservedTokens: number;
  readonly tokens: Tokens;
  readonly nusd: number;
  readonly pricing: Pricing;
  readonly estimated: boolean;
  /** The arithmetic: one line per bucket, nano-dollars per token. */
  readonly rates: readonly RateLine[];
  /** Where the rates are from, e.g. `genai-prices 0.1.8 (2026-10-01)`. */
  readonly priceSource: string | null;
  /** The tier the provider says it served the call at; null when it says nothing. */
  readonly serviceTier: ServiceTier | null;
  readonly traceId: string;
  readonly spanId: string;
}

export interface RateLine {
  readonly bucket: keyof Tokens;
  readonly tokens: number;
  /** USD per million tokens. */
  readonly usdPerMillion: number;
  readonly nusd: number;
}

export interface ArtefactRow {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly g: number;
  readonly runId: string;
  readonly taskId: string | null;
  readonly traceId: string;
  readonly workspace: string | null;
  readonly at: number;
}

export interface IssueRow {
  readonly issueId: string;
  readonly code: 'BUDGET_EXCEEDED' | 'COST_REPORT_MISSED' | 'ALERT';
  readonly message: string;
  readonly runId: string | null;
  readonly at: number;
  readonly closedAt: number | null;
}

/** A budget in force and how full it is. Amounts: nano-dollars for usd, else the resource's own unit. */
export interface BudgetUse {
  readonly name: string;
  readonly resource: Resource;
  readonly scope: BudgetScope;
  /** What the scope is bound to: a run id, a workspace path, a model pattern, `user`. */
  readonly key: string;
  readonly window: BudgetWindow;
  /** In force now, a person's override included. */
  readonly limit: number;
  /** The limit before it was raised or lowered by a person, and until when that holds (null: for good); null: it was not. */
  readonly overridden: { readonly limit: number; readonly until: number | null } | null;
  readonly used: number;
  readonly reserved: number;
  /** used / limit. */
  readonly ratio: number;
  /** When the window ends and the budget begins anew, ms since the epoch; null: it never does, or rolls. */
  readonly resetsAt: number | null;
  /** When it is used up at the pace of the last while; null: not before it resets, or nothing is being used. */
  readonly endsAt: number | null;
}

/** Which budget, without its figures. */
export type BudgetRef = Pick<BudgetUse, 'name' | 'resource' | 'scope' | 'key' | 'window'>;

/** A limit that a person set at a stop or a warning; it beats file and settings. Amounts as in `BudgetUse`. */
export interface OverrideRow extends BudgetRef {
  readonly overrideId: string;
  readonly at: number;
  readonly limit: number;
  /** Ms since the epoch; null: for good. */
  readonly until: number | null;
}
