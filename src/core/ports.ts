import type { LaneName, SandboxType } from '../catalogue/lanes.ts';
import type { BudgetScope, BudgetWindow, ModelRole, ServiceTier } from '../catalogue/states.ts';
import type { RunPolicy } from './policies/run-policy.ts';
import type { Message, ToolCall, ToolSpec } from '../protocol/conversation.ts';
import type { HostModel, HostModelPart, HostModelRequest } from '../protocol/host-models.ts';
import type { LedgerRow, OverrideRow, Pricing, RateLine, Tokens } from '../protocol/rows.ts';

/** Time. `now` is wall time for people and windows; `monotonic` is for durations, timeouts and leases. Both in ms. */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Calls `fn` once after `ms`; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void;
}

export interface Ids {
  /** A sortable unique id, e.g. a UUIDv7. */
  unique(): string;
  /** 32 lower-case hex digits. */
  traceId(): string;
  /** 16 lower-case hex digits. */
  spanId(): string;
}

// ---- Language models -------------------------------------------------------------------------------------------

export type { Message, ToolCall, ToolResultMessage, ToolSpec } from '../protocol/conversation.ts';

export interface ModelRequest {
  readonly role: ModelRole;
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  /** Always set: it bounds the reservation. */
  readonly maxOutputTokens: number;
}

/** A tier as a provider names it; `other` for one that we do not know, and whose price we do not know either. */
export type AnsweredTier = ServiceTier | 'other';

export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other';

export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      /** Null when the provider sent none: the caller then estimates. */
      readonly usage: Tokens | null;
      /** The usage the provider sent was unusable (negative, NaN, a part larger than its whole): say why. */
      readonly usageError?: string;
      /** A cost the provider itself reports, nano-dollars. */
      readonly reportedNusd?: number;
      /** The cost the provider reports is unusable: say why. */
      readonly costError?: string;
      /** The tier the provider says it served the call at. */
      readonly serviceTier?: AnsweredTier;
      readonly responseModel: string | null;
    };

/** A language model. Its provider's own retries are off: a retry is a call that costs. */
export interface Model {
  /** The configured id, e.g. `offline`, `local`, `gpt-5-mini`. */
  readonly id: string;
  /** `gen_ai.provider.name`, e.g. `openai`, `anthropic`, `haios.offline`. */
  readonly provider: string;
  /** The provider's model id, by which it is priced. */
  readonly model: string;
  /** The most output tokens it can give in one call. */
  readonly maxOutputTokens: number;
  /** Free of charge by its nature (the offline model). */
  readonly free: boolean;
  /** The tier its requests ask for. Absent: the provider decides. */
  readonly serviceTier?: ServiceTier;
  /**
   * Sends one request. Ends with exactly one `finish` event, or throws a HaiosError of a PROVIDER_* code
   * (details: `retryable: boolean`, `retryAfterMs?: number`, `status?: number`), or CANCELLED after an abort.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /** An upper bound of the input tokens of a request: its UTF-8 bytes as sent. */
  inputBound(request: ModelRequest): number;
}

/** The language models of the program that hosts the runtime (the editor's own). */
export interface HostModels {
  /** Those it told of last; null: it has not told yet. */
  offered(): readonly HostModel[] | null;
  /**
   * Sends one request. Its last part is `end` or `error`. Throws CANCELLED after an abort, which is also what ends a
   * call whose host is gone. The host's call is cancelled when the reader stops before the last part.
   */
  stream(request: HostModelRequest, signal: AbortSignal): AsyncIterable<HostModelPart, void>;
}

export interface ModelCatalogue {
  /** Throws MODEL_UNKNOWN (with the nearest id), API_KEY_MISSING or EDITOR_ONLY. */
  get(id: string): Model;
  ids(): readonly string[];
}

export interface PriceQuote {
  readonly nusd: number;
  readonly lines: readonly RateLine[];
  readonly source: string;
}

/** What is priced. `provider` null: the id alone decides, if it is exact and unambiguous (`price_as`). */
export interface PricedModel {
  readonly provider: string | null;
  readonly model: string;
  /** The tier it was served at, or for a bound the one asked for. Absent: standard, and for a bound whichever may be served. */
  readonly tier?: AnsweredTier;
}

/** Prices by model id and date. Null: unknown, never guessed. Money in integer nano-dollars, rounded half-up once. */
export interface Prices {
  quote(model: PricedModel, tokens: Tokens, at: number): PriceQuote | null;
  /**
   * The most that up to this many input and output tokens can cost: each of them at the dearest rate that may apply to a
   * call begun at that moment.
   */
  bound(model: PricedModel, inputTokens: number, outputTokens: number, at: number): number | null;
}

export interface Tokenizer {
  /** Loads its vocabulary on first use. */
  count(text: string): Promise<number>;
}

// ---- Tools -----------------------------------------------------------------------------------------------------

/** What every tool has. */
export interface InlineContext {
  readonly runId: string;
  readonly taskId: string;
  /** Absolute, real path of the workspace. */
  readonly workspace: string;
  readonly trusted: boolean;
  readonly policy: RunPolicy;
  readonly signal: AbortSignal;
  /** `TRACEPARENT` for processes the tool starts. */
  readonly traceparent: string;
  /** Asks a person (or the run's approval mode). Resolves to whether it is allowed; aborts with the signal. */
  approve(request: ApprovalRequest): Promise<boolean>;
  /** Records a file that was written or removed. `before` is null for a new file; `after` null for a removed one. */
  wrote(change: FileChange): void;
  /** Adds the use of a process the tool ran, or of a thread's job. */
  used(use: { cpuSeconds: number; memBytes: number }): void;
  /** A folder of the runtime's own, outside the workspace's versioned files, for output kept in full. */
  readonly spillDir: string;
}
/** What a tool has whose work can be ended for certain. */
export interface ToolContext extends InlineContext {
  /**
   * Registers what ends the call's work for certain: kill its process tree, terminate its thread. Called at most once, when
   * the work did not end by itself within the grace after its abort. The returned function takes it back.
   */
  onKill(kill: () => void): () => void;
}
export interface ApprovalRequest {
  readonly kind: 'write' | 'command';
  readonly title: string;
  readonly detail: string;
  readonly path: string | null;
  /** A protected place (.vscode, .git, haios.config.json, .haios, profiles …): asked even under approve-all. */
  readonly protected: boolean;
}
export interface FileChange {
  /** Workspace-relative, with `/`. */
  readonly path: string;
  readonly sizeBefore: number | null;
  readonly sizeAfter: number | null;
  readonly sha256: string | null;
  readonly lockWaitMs: number;
}

export interface ToolOutput {
  /** What the model reads; capped by the tool, and saying so when cut. */
  readonly text: string;
  /** Absolute path of the whole output when it was cut. */
  readonly spilled?: string;
}

interface ToolFacts {
  readonly spec: ToolSpec;
  readonly lane: LaneName;
}

/** Short code of ours that heeds its signal. It cannot register a kill, so nothing that needs one can be it. */
export interface InlineTool extends ToolFacts {
  readonly sandbox: 'inline';
  readonly run: (input: unknown, context: InlineContext) => Promise<ToolOutput>;
}

/** Whatever may hang or eat memory: it runs in a thread or in processes, and is ended for certain through `onKill`. */
export interface SandboxedTool extends ToolFacts {
  readonly sandbox: Exclude<SandboxType, 'inline'>;
  readonly run: (input: unknown, context: ToolContext) => Promise<ToolOutput>;
}

/**
 * Runs with arguments straight from the model: validates them itself.
 * Throws HaiosError: TOOL_ARGUMENTS, TOOL_FAILED, PATH_DENIED, DENIED, UNTRUSTED, CANCELLED.
 */
export type Tool = InlineTool | SandboxedTool;

// ---- Money -----------------------------------------------------------------------------------------------------

/** What a call asks to hold before it is sent. */
export interface Ask {
  readonly callId: string;
  readonly runtimeId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly agent: string;
  readonly role: ModelRole;
  readonly model: string;
  readonly workspace: string | null;
  readonly nusd: number;
  readonly tokens: number;
  readonly at: number;
  readonly traceId: string;
  readonly spanId: string;
}

/** A usd or token limit an admission is checked against. `limit` in nano-dollars or tokens. */
export interface LedgerLimit {
  readonly name: string;
  readonly resource: 'usd' | 'tokens';
  readonly scope: BudgetScope;
  readonly key: string;
  readonly window: BudgetWindow;
  readonly limit: number;
  /** Settlements before this moment (ms since the epoch) do not count; 0 for lifetime. */
  readonly since: number;
  /** When its window ends, ms since the epoch; null: never, or it rolls. */
  readonly until: number | null;
  /** Only this run's calls count (a limit per model or agent for the lifetime of a run). */
  readonly runId?: string;
  /** Only this workspace's calls count. */
  readonly workspace?: string;
  /** Spread over its window: more than this may not be used by now. Absent: it may be used at once. */
  readonly pace?: Pace;
  /** The name of the budget that this limit spreads: what a person sets in that one's place counts here too. */
  readonly paces?: string;
}

/**
 * A token bucket on a limit: settled + held + asked may not pass `allowed` by now (limit's unit), which grows by `perMs`
 * up to the limit; until then the call waits. What an override adds to the limit may be used at once.
 */
export interface Pace {
  readonly allowed: number;
  readonly perMs: number;
}

export interface LimitUse {
  readonly settled: number;
  readonly held: number;
  /** In force: the limit, or what a person set in its place. */
  readonly limit: number;
  /** The override in force, if any. */
  readonly override: OverrideRow | null;
  /** When the call that was asked for fits by itself, ms since the epoch; null: not known, or never. */
  readonly freesAt: number | null;
}

export type Admission =
  | { readonly kind: 'admitted' }
  /**
   * It fits once others settle or release, or its pace allows it (`use.freesAt`). It keeps its place in line while it is
   * asked for again within 5 s each time; `release` gives the place up.
   */
  | { readonly kind: 'wait'; readonly limit: LedgerLimit; readonly use: LimitUse }
  /** settled + asked > limit. */
  | { readonly kind: 'refused'; readonly limit: LedgerLimit; readonly use: LimitUse };

export interface Settlement {
  readonly tokens: Tokens;
  readonly nusd: number;
  readonly pricing: Pricing;
  readonly estimated: boolean;
  readonly rates: readonly RateLine[];
  readonly priceSource: string | null;
  readonly responseModel: string | null;
  readonly serviceTier: ServiceTier | null;
  readonly at: number;
}

/** The append-only record of money and tokens, shared by all runtimes of the user. Each method resolves once on disk. */
export interface Ledger {
  /** Atomic across processes: either every limit allows it and it is held against all, or nothing is held. */
  admit(ask: Ask, limits: readonly LedgerLimit[]): Promise<Admission>;
  /** From here on a crash settles the call at its full reservation. */
  sent(callId: string): Promise<void>;
  /** Idempotent by call id. Returns nothing held any more. */
  settle(callId: string, settlement: Settlement): Promise<void>;
  /** For a call that was never sent. Idempotent. */
  release(callId: string): Promise<void>;
  use(limits: readonly LedgerLimit[]): Promise<readonly LimitUse[]>;
  call(callId: string): Promise<LedgerRow | null>;
  /** Puts a person's limit in the place of a budget's own, for all runtimes. */
  override(row: OverrideRow): Promise<void>;
  /** The overrides in force at the moment (ms since the epoch), at most one per budget. */
  overrides(at: number): Promise<readonly OverrideRow[]>;
}
