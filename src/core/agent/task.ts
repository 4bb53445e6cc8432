import type { StageName, TaskStatus } from '../../catalogue/states.ts';
import { addCost, noCost, totalTokens, type CostRecord, type TaskRow } from '../../protocol/rows.ts';
import { messageOf } from '../errors.ts';
import { callLimits, ledgerLimits, resourceLimits, type ResourceLimit } from '../budget/limits.ts';
import { budgetUses, checkResources } from '../budget/meter.ts';
import type { LedgerLimit } from '../ports.ts';
import type { Span } from '../trace.ts';
import type { TaskState } from './checkpoint.ts';
import type { RunContext } from './services.ts';

/** A task at work: its span, its cost record and its row. */
export class Task {
  readonly context: RunContext;
  readonly state: TaskState;
  readonly span: Span;
  readonly #parentTaskId: string | null;
  readonly #callLimits: readonly ResourceLimit[];

  constructor(context: RunContext, state: TaskState, parent: { span: Span; taskId: string | null }) {
    this.context = context;
    this.state = state;
    this.#parentTaskId = parent.taskId;
    this.#callLimits = callLimits(context.budget);
    this.span = context.tracer.start({
      name: 'task',
      kind: 'task',
      parent: parent.span,
      taskId: state.taskId,
      spanId: state.spanId,
      attributes: { 'haios.task.title': state.title },
    });
    context.run.setCost(state.taskId, this.cost);
    context.services.observe({ type: 'task_started', task: this.row('running', null) });
  }

  get cost(): CostRecord {
    return this.context.run.costOf(this.state.taskId);
  }

  /** Adds to the cost record and tells it, so that a crash loses nothing that was known. */
  add(use: Partial<CostRecord>): void {
    this.context.run.setCost(this.state.taskId, addCost(this.cost, { ...noCost, ...use }));
    this.context.services.observe({ type: 'task_changed', task: this.row('running', null) });
  }

  limits(): readonly LedgerLimit[] {
    const { context, state } = this;
    return ledgerLimits(
      context.budget,
      { runId: context.run.id, taskId: state.taskId, model: context.model.id, workspace: context.workspace },
      context.services.clock.now(),
    );
  }

  /** Between calls: waits while the run is paused, then checks what is measured. Throws BUDGET_EXCEEDED or the cancel's reason. */
  async mayCall(): Promise<void> {
    await this.context.run.gate();
    checkResources(this.#callLimits, { run: this.context.run.cost, task: this.cost });
  }

  /** Reads the budgets from the ledger and tells them. For show only: a ledger that cannot be read now stops nothing here. */
  async tellBudgets(): Promise<void> {
    const { context, state } = this;
    const limits = this.limits();
    const uses = await context.services.ledger.use(limits).catch(() => null);
    if (uses === null) return;
    const pairs = limits.flatMap((limit, at) => {
      const use = uses[at];
      return use === undefined ? [] : [{ limit, use }];
    });
    const budgets = budgetUses(pairs, resourceLimits(context.budget), {
      runId: context.run.id,
      taskId: state.taskId,
      run: context.run.cost,
      task: this.cost,
    });
    context.services.observe({ type: 'budget_changed', runId: context.run.id, budgets });
  }

  /** Runs one stage under a span of its own. */
  async stage<T>(stage: StageName, work: (span: Span) => Promise<T>): Promise<T> {
    const span = this.context.tracer.start({ name: stage, kind: 'stage', parent: this.span, stage });
    this.context.run.stage(this.state.taskId, stage);
    try {
      const value = await work(span);
      span.end({ status: 'ok' });
      return value;
    } catch (error) {
      span.end({ status: this.context.run.signal.aborted ? 'cancelled' : 'error', error: messageOf(error) });
      throw error;
    }
  }

  end(status: Exclude<TaskStatus, 'running'>, error: string | null): void {
    const { cost } = this;
    this.span.end({
      status: status === 'succeeded' || status === 'decomposed' ? 'ok' : status === 'cancelled' ? 'cancelled' : 'error',
      ...(error === null ? {} : { error }),
      tokens: totalTokens(cost.tokens),
      nusd: cost.nusd,
      estimated: cost.estimated,
      attributes: {
        'haios.task.type': this.state.type,
        'haios.task.size': this.state.size,
        'haios.cost_usd': cost.nusd / 1e9,
        'haios.tokens.prompt': cost.tokens.input + cost.tokens.cache_read + cost.tokens.cache_write,
        'haios.tokens.completion': cost.tokens.output + cost.tokens.reasoning,
        'haios.tokens.total': totalTokens(cost.tokens),
        'haios.cpu_seconds': cost.cpuSeconds,
        'haios.mem_bytes': cost.memBytes,
        'haios.disk_bytes': cost.diskBytes,
      },
    });
    this.context.services.observe({
      type: 'task_ended',
      task: this.row(status, error),
      durationMs: this.span.row().durationMs ?? 0,
    });
  }

  row(status: TaskStatus, error: string | null): TaskRow {
    const { state, context } = this;
    return {
      taskId: state.taskId,
      runId: context.run.id,
      parentTaskId: this.#parentTaskId,
      spanId: state.spanId,
      title: state.title,
      type: state.type,
      size: state.size,
      depth: state.depth,
      status,
      startedAt: state.startedAt,
      endedAt: status === 'running' ? null : context.services.clock.now(),
      cost: this.cost,
      error,
    };
  }
}
