import type { AgentPool } from '../agents/pool.ts';
import type { BudgetSources } from '../budget/limits.ts';
import type { TimeoutSettings } from '../lanes/adaptive-timeouts.ts';
import type { Guards } from '../lanes/worker-call.ts';
import type { Observer } from '../events.ts';
import type { Overrides } from '../budget/overrides.ts';
import type { ApprovalRequest, Clock, Ids, Ledger, Model, ModelCatalogue, Prices, Tokenizer, Tool } from '../ports.ts';
import type { Span, Tracer } from '../trace.ts';
import type { BudgetStop } from './budget-stop.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { TaskMessage } from './task-message.ts';
import type { Run } from './run.ts';

/** What one runtime gives to all of its runs. */
export interface Services {
  readonly runtimeId: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly observe: Observer;
  readonly guards: Guards;
  readonly agents: AgentPool<TaskMessage>;
  readonly ledger: Ledger;
  readonly overrides: Overrides;
  readonly prices: Prices;
  readonly tokenizer: Tokenizer;
}

export interface Critic {
  readonly name: string;
  readonly command: readonly string[];
}

export interface RetryLimits {
  readonly retries: number;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
}

/** One run and all that was decided for it when it started. */
export interface RunContext {
  readonly services: Services;
  readonly run: Run;
  readonly tracer: Tracer;
  /** Of the next call: a person may switch it at a budget's stop. */
  readonly model: Model;
  readonly models: ModelCatalogue;
  readonly stop: BudgetStop;
  /** Empty when no folder is open. */
  readonly tools: readonly Tool[];
  readonly workspace: string | null;
  readonly budget: BudgetSources;
  readonly timeouts: TimeoutSettings;
  readonly budgetWaitMs: number;
  readonly retry: RetryLimits;
  /** A free model's tokens are reckoned at this model's price. */
  readonly priceAs: string | null;
  readonly captureContent: boolean;
  readonly instructions: string | null;
  readonly critics: readonly Critic[];
  readonly spillDir: string;
  trusted(): boolean;
  /**
   * What a step of a run like this costs at most in nine of ten cases, nano-dollars; null without enough history. Reckoned
   * once, under the span of the first who asks. Never rejects, and gives up after two seconds.
   */
  expectedStepNusd(parent: Span): Promise<number | null>;
  /** A person's (or the approval mode's) answer; `offTheClock` has been applied by the caller. No once the signal is aborted. */
  approve(request: ApprovalRequest, signal: AbortSignal): Promise<boolean>;
  saveCheckpoint(checkpoint: Checkpoint): void;
}
