import type { LaneName, Priority } from '../catalogue/lanes.ts';
import type { RunStatus, StageName, WaitReason } from '../catalogue/states.ts';
import type { BudgetUse, CostRecord, IssueRow } from './rows.ts';

/** Everything a panel, a status bar or a progress line draws. One per runtime, sent whole once and then as deltas. */
export interface Snapshot {
  /** Grows by one with each delta. */
  readonly seq: number;
  readonly runtime: RuntimeView;
  readonly runs: readonly RunView[];
  readonly lanes: readonly LaneView[];
  readonly global: { readonly active: number; readonly limit: number };
  /** Budgets in force, the fullest first. */
  readonly budgets: readonly BudgetUse[];
  readonly today: {
    readonly nusd: number;
    readonly tokens: number;
    readonly estimated: boolean;
    /** Some of it was reckoned at another model's prices and not paid. */
    readonly reckoned: boolean;
    /** Calls without a known price, which are not in `nusd`. */
    readonly unpricedCalls: number;
  };
  readonly approvals: readonly ApprovalView[];
  /** Runs of this runtime that wait because a budget allows no further call. */
  readonly stops: readonly BudgetStopView[];
  readonly issues: readonly IssueRow[];
  /** The last 20, newest last. */
  readonly events: readonly EventView[];
}

export type Section = Exclude<keyof Snapshot, 'seq'>;

/** The sections that changed, each whole. Applies to the snapshot whose `seq` is `seq - 1`. */
export interface SnapshotDelta {
  readonly seq: number;
  readonly changed: Partial<Pick<Snapshot, Section>>;
}

/**
 * Applies a delta. An old one (already contained) leaves the snapshot as it is; `gap` means that one in between was
 * missed, and that a whole snapshot must be asked for.
 */
export function applyDelta(snapshot: Snapshot, delta: SnapshotDelta): Snapshot | 'gap' {
  if (delta.seq <= snapshot.seq) return snapshot;
  if (delta.seq !== snapshot.seq + 1) return 'gap';
  return { ...snapshot, ...delta.changed, seq: delta.seq };
}

export interface RuntimeView {
  readonly id: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly mode: 'dev_fast' | 'strict';
  readonly port: number | null;
  readonly panelUrl: string | null;
  readonly metricsUrl: string | null;
  readonly memory: { readonly rss: number; readonly heap: number; readonly external: number };
  readonly memoryLimit: number;
  readonly cpuRatio: number;
  readonly ledger: 'ok' | 'damaged' | 'unavailable';
  readonly history: 'ok' | 'unavailable';
  readonly trusted: boolean;
  readonly spansDropped: number;
  readonly configError: string | null;
}

export interface RunView {
  readonly runId: string;
  readonly g: number;
  readonly prompt: string;
  readonly model: string;
  readonly agent: string;
  readonly status: RunStatus;
  readonly waiting: WaitReason | null;
  readonly stage: StageName | null;
  /** Tasks that ended, and all that are known, planned ones included. */
  readonly tasksDone: number;
  readonly tasksTotal: number;
  /** While it is under way: in the order of the plan, the first being the whole run. Afterwards: the steps that failed. */
  readonly tasks: readonly TaskView[];
  readonly startedAt: number;
  /** Time at work so far, ms, at the moment of the snapshot. */
  readonly elapsedMs: number;
  readonly cost: CostRecord;
  readonly priceAs: string | null;
  readonly traceId: string;
  /** Grows when the run's trace changed: a tree asks again when it sees a new number. */
  readonly traceVersion: number;
  readonly error: string | null;
  readonly resumable: boolean;
  /** Workspace-relative path of the written report, once there is one. */
  readonly report: string | null;
}

/** More tasks of a run than these are only counted. */
export const tasksShown = 13;

export interface TaskView {
  readonly taskId: string;
  readonly title: string;
  /** 0: the task that is the whole run. */
  readonly depth: number;
  /** `queued`: planned and not begun. `paused`: a call under way ends, no other begins. */
  readonly state: 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';
  readonly stage: StageName | null;
  /** Of the run’s time at work, ms, at the moment of the snapshot. */
  readonly elapsedMs: number;
  /** What it used itself, without its steps. */
  readonly tokens: number;
  readonly nusd: number;
  readonly estimated: boolean;
  readonly unpricedCalls: number;
  /** It ended and can be begun again, as the task it belongs to still does its steps. */
  readonly repeatable: boolean;
}

export interface LaneView {
  readonly lane: LaneName;
  readonly active: number;
  /** Slots in force now: configured, plus borrowed, less lent, less what load took. */
  readonly limit: number;
  readonly configured: number;
  /** The most slots it may have with borrowed ones. */
  readonly maximum: number;
  readonly queued: Readonly<Record<Priority, number>>;
  readonly state: 'open' | 'paused' | 'draining';
  /** Slots from idle lanes; negative when it lends. */
  readonly borrowed: number;
  /** Why load took slots away, in one sentence, and until when nothing starts (ms since the epoch); null when it did not. */
  readonly load: { readonly reason: string; readonly until: number | null } | null;
  /** Calls that passed a phase of their timeout and are not over, the oldest first; at most 10. */
  readonly late: readonly LateCall[];
  readonly stats: LaneStats;
}

export interface LateCall {
  /** What works, e.g. a tool’s name. */
  readonly what: string;
  readonly runId: string;
  readonly phase: 'warning' | 'abort' | 'kill';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly limitMs: number;
  /** Where the limit is from, in a few words. */
  readonly limitReason: string;
}

/** Since the runtime began. Durations from the start of the work, in ms; null before the first call. */
export interface LaneStats {
  readonly success: number;
  readonly failure: number;
  readonly timeouts: number;
  readonly rejections: number;
  readonly avgMs: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface ApprovalView {
  readonly approvalId: string;
  readonly runId: string;
  readonly kind: 'write' | 'command';
  /** One line: what is asked. */
  readonly title: string;
  /** The diff, or the exact argv one argument a line; at most 64 KiB. */
  readonly detail: string;
  readonly path: string | null;
  /** Asked even under `approve: all`, because the place is protected. */
  readonly protected: boolean;
  readonly at: number;
}

export interface BudgetStopView {
  readonly runId: string;
  readonly g: number;
  readonly at: number;
  /** The budget that decided; null: a person stopped it after its call. */
  readonly budget: BudgetUse | null;
  /** What the next call may cost, in the budget's unit. */
  readonly asked: number;
  /** The whole refusal, as a sentence. */
  readonly message: string;
  /** New limits to choose from, in the budget's unit, each enough for the next call. */
  readonly raises: readonly number[];
  /** When the window allows the call again; null: it never does by itself. */
  readonly freesAt: number | null;
  /** It goes on by itself at `freesAt`. */
  readonly waits: boolean;
  /** Configured models whose next call the budget allows, the dearest first. */
  readonly cheaper: readonly string[];
}

export type EventLevel = 'info' | 'warning' | 'error';
export interface EventView {
  readonly id: number;
  readonly at: number;
  readonly level: EventLevel;
  readonly runId: string | null;
  readonly text: string;
}
