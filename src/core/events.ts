import type { AgentTier, LaneName, Priority, SandboxType } from '../catalogue/lanes.ts';
import type { ErrorCode } from '../catalogue/errors.ts';
import type { BudgetScope, ModelRole, Resource, StageName } from '../catalogue/states.ts';
import type {
  ArtefactRow,
  BudgetUse,
  IssueRow,
  OverrideRow,
  Pricing,
  RunRow,
  SpanRow,
  TaskRow,
  Tokens,
} from '../protocol/rows.ts';
import type { BudgetDecision } from '../protocol/messages.ts';
import type { ApprovalView, BudgetStopView } from '../protocol/snapshot.ts';

/**
 * Everything core tells the world. Core knows no metric, no row and no SDK: telemetry, storage and the
 * snapshot each read the events they care for.
 */
export type CoreEvent =
  | { readonly type: 'run_changed'; readonly run: RunRow; readonly from: RunRow['status'] | null }
  | { readonly type: 'task_started'; readonly task: TaskRow }
  /** Its cost grew; the row is whole. */
  | { readonly type: 'task_changed'; readonly task: TaskRow }
  | { readonly type: 'task_ended'; readonly task: TaskRow; readonly durationMs: number }
  /**
   * A task does its steps one after another: those it has not begun, each time they change. Null: it does no more, and
   * none of them can be begun again.
   */
  | {
      readonly type: 'steps_left';
      readonly runId: string;
      readonly taskId: string;
      readonly steps: readonly PlannedStep[] | null;
    }
  | { readonly type: 'stage_started'; readonly runId: string; readonly taskId: string; readonly stage: StageName }
  /** The row may be a live span, which goes on changing: who keeps it takes a copy (`rowOf`). */
  | { readonly type: 'span_started'; readonly span: SpanRow }
  /** Of a task's span only: what happens to the others is read when they end. */
  | { readonly type: 'task_span_event'; readonly span: SpanRow; readonly name: string }
  | { readonly type: 'span_ended'; readonly span: SpanRow; readonly payload: SpanPayload | null }
  | { readonly type: 'lane_changed'; readonly lane: LaneName }
  | { readonly type: 'call_waited'; readonly lane: LaneName; readonly priority: Priority; readonly waitMs: number }
  | {
      readonly type: 'call_ended';
      readonly lane: LaneName;
      readonly result: 'success' | 'failure' | 'timeout' | 'cancelled' | 'refused';
      /** From asking for a slot to the end. */
      readonly durationMs: number;
      /** The part of it in which the work itself did not work: waiting and the runtime's own time. */
      readonly ownMs: number;
    }
  | {
      readonly type: 'call_rejected';
      readonly lane: LaneName;
      readonly reason: 'queue_full' | 'memory' | 'budget' | 'quota' | 'draining' | 'cycle' | 'shutdown';
    }
  | {
      readonly type: 'call_timeout';
      readonly lane: LaneName;
      readonly phase: 'warning' | 'abort' | 'kill';
      /** What works, e.g. a tool’s name. */
      readonly what: string;
      readonly runId: string;
    }
  /** A killed call ended all the same after its caller was told; its result was dropped. */
  | { readonly type: 'late_result'; readonly lane: LaneName }
  | { readonly type: 'sandbox_used'; readonly sandbox: SandboxType }
  /** No place was free; the work waits for one. */
  | { readonly type: 'sandbox_exhausted'; readonly sandbox: SandboxType }
  | { readonly type: 'agent_started'; readonly tier: AgentTier; readonly startupMs: number }
  | { readonly type: 'agent_ended'; readonly tier: AgentTier }
  | { readonly type: 'messages_sent'; readonly count: number }
  | { readonly type: 'messages_dropped'; readonly count: number }
  | {
      readonly type: 'call_settled';
      readonly callId: string;
      readonly agent: string;
      readonly model: string;
      readonly role: ModelRole;
      readonly tokens: Tokens;
      readonly nusd: number;
      readonly pricing: Pricing;
      readonly estimated: boolean;
      /** By how much it passed its reservation: a defect of the bound. 0 each when it did not. */
      readonly overrun: { readonly nusd: number; readonly tokens: number };
    }
  | {
      readonly type: 'model_called';
      readonly model: string;
      readonly latencyMs: number;
      readonly ttftMs: number | null;
      readonly error: ErrorCode | null;
    }
  | { readonly type: 'budget_changed'; readonly runId: string; readonly budgets: readonly BudgetUse[] }
  | { readonly type: 'budget_warning'; readonly budget: BudgetUse; readonly runId: string }
  | {
      readonly type: 'budget_refused';
      readonly name: string;
      readonly resource: Resource;
      readonly scope: BudgetScope;
      readonly runId: string;
    }
  /** A run waits because a budget allows no further call, or its wait changed. */
  | { readonly type: 'budget_stopped'; readonly stop: BudgetStopView }
  | { readonly type: 'budget_decided'; readonly runId: string; readonly decision: BudgetDecision['type'] }
  | { readonly type: 'budget_overridden'; readonly override: OverrideRow }
  | {
      readonly type: 'gate_decided';
      readonly decision: 'pass' | 'decompose' | 'reject';
      readonly depth: number;
      readonly subtasks: number;
    }
  | { readonly type: 'artefact'; readonly artefact: ArtefactRow }
  | { readonly type: 'lock_waited'; readonly waitMs: number }
  | { readonly type: 'issue'; readonly issue: IssueRow }
  | { readonly type: 'approval_asked'; readonly approval: ApprovalView }
  | { readonly type: 'approval_answered'; readonly approvalId: string; readonly allowed: boolean }
  | { readonly type: 'failure'; readonly category: ErrorCode; readonly runId: string; readonly message: string };

export interface PlannedStep {
  readonly taskId: string;
  readonly title: string;
  readonly depth: number;
}

/** Contents of a call, kept apart and only when `telemetry.capture_content` is on. */
export interface SpanPayload {
  readonly input: string;
  readonly output: string;
}

/** Hears every event, in order. Must not throw; what it does slowly it does later. */
export type Observer = (event: CoreEvent) => void;
