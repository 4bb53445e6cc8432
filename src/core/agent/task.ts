import type { LaneName } from '../../catalogue/lanes.ts';
import type { ModelRole, StageName, TaskStatus } from '../../catalogue/states.ts';
import {
  addCost,
  inputTokens,
  noCost,
  outputTokens,
  totalTokens,
  type CostRecord,
  type BudgetUse,
  type TaskRow,
  type Tokens,
} from '../../protocol/rows.ts';
import type { Agent } from '../agents/agent.ts';
import { HaiosError, isHaiosError, messageOf } from '../errors.ts';
import { callLimits, ledgerLimits, resourceLimits, type ResourceLimit } from '../budget/limits.ts';
import { budgetUses, checkResources, measuredRef, type Measured } from '../budget/meter.ts';
import { checkQuotas } from '../budget/quota.ts';
import { readBudgets } from '../budget/read-budgets.ts';
import type { Scope } from '../lanes/scope.ts';
import type { LedgerLimit } from '../ports.ts';
import type { Span } from '../trace.ts';
import type { TaskState, TaskUse } from './checkpoint.ts';
import { countResent } from './resent.ts';
import type { TaskMessage } from './task-message.ts';
import type { RunContext } from './services.ts';
import type { TaskControl } from './task-control.ts';

/** A task at work: its agent, its span, its cost record and its row. To be closed in `finally`. */
export class Task {
  readonly context: RunContext;
  readonly state: TaskState;
  readonly agent: Agent<TaskMessage>;
  readonly control: TaskControl;
  readonly span: Span;
  readonly #parentTaskId: string | null;
  readonly #callLimits: readonly ResourceLimit[];
  readonly #use: TaskUse;
  #scope: Scope;
  /** The run's time at work up to which this task's is counted. */
  #countedMs: number;
  /** Calls at work that may each write one more file. */
  #writing = 0;

  constructor(
    context: RunContext,
    state: TaskState,
    agent: Agent<TaskMessage>,
    parent: { span: Span; taskId: string | null },
  ) {
    this.context = context;
    this.state = state;
    this.agent = agent;
    this.#use = state.used ??= { calls: 0, workMs: 0, files: [] };
    this.#countedMs = context.run.workMs;
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
    this.control = context.run.tasks.open(state, parent.taskId, (what) => this.span.event(what));
    this.#scope = context.run.scope.child({ signal: this.signal });
    context.run.setCost(state.taskId, this.cost);
    context.services.observe({ type: 'task_started', task: this.row('running', null) });
  }

  get cost(): CostRecord {
    return this.context.run.costOf(this.state.taskId);
  }

  /** Aborted when the task, what it belongs to or the run is cancelled, or when it is begun again: then it is another one. */
  get signal(): AbortSignal {
    return this.control.signal;
  }

  /** The calls of this attempt: they leave their queues when it is stopped. */
  get scope(): Scope {
    if (this.#scope.signal === this.signal) return this.#scope;
    this.#scope.close();
    return (this.#scope = this.context.run.scope.child({ signal: this.signal }));
  }

  close(): void {
    this.context.run.tasks.close(this.control);
    this.#scope.close();
  }

  /** Adds to the cost record and tells it, so that a crash loses nothing that was known. */
  add(use: Partial<CostRecord>): void {
    this.context.run.setCost(this.state.taskId, addCost(this.cost, { ...noCost, ...use }));
    this.context.services.observe({ type: 'task_changed', task: this.row('running', null) });
  }

  /** Tokens of context that were sent again, of those the task has used. */
  get resent(): number {
    return this.#use.resent ?? 0;
  }

  countResent(role: ModelRole, tokens: Tokens): void {
    this.context.run.setResent(this.state.taskId, countResent(this.#use, role, tokens));
  }

  /** What a call of the model that may cost so many nano-dollars has to keep to, at this moment. */
  limits(model = this.context.model.id, nusd = 0): readonly LedgerLimit[] {
    const { budget, run, workspace, services } = this.context;
    const { agent } = run.row();
    const subject = { runId: run.id, taskId: this.state.taskId, agent, model, workspace, nusd };
    return ledgerLimits(budget, subject, services.clock.now());
  }

  /** What has been used so far, by whom. */
  get measured(): Measured {
    const { run } = this.context;
    return { runId: run.id, taskId: this.state.taskId, run: run.cost, task: this.cost };
  }

  wroteFile(path: string): void {
    const { files } = this.#use;
    if (!files.includes(path)) files.push(path);
  }

  /**
   * Before each worker call: waits while the task or its run is paused or stopped, then checks what is measured and the quotas, and
   * counts the call. The returned function is to be called at its end. Throws BUDGET_EXCEEDED, QUOTA_EXCEEDED, or why the
   * task was stopped.
   */
  async mayCall(lane: LaneName): Promise<() => void> {
    const done = await this.offWork(() => this.context.run.tasks.admit(this.control));
    const writes = lane === 'file_write';
    try {
      await this.#checkResources();
      this.#checkQuotas(writes);
    } catch (error) {
      if (isHaiosError(error, 'QUOTA_EXCEEDED')) {
        this.context.services.observe({ type: 'call_rejected', lane, reason: 'quota' });
      }
      done();
      throw error;
    }
    this.#use.calls += 1;
    if (writes) this.#writing += 1;
    return () => {
      if (writes) this.#writing -= 1;
      done();
    };
  }

  /** In its slot, before anything is done. Throws BUDGET_EXCEEDED if the run was stopped while the call waited for it. */
  mayBegin(): void {
    if (!this.context.run.tasks.stopped) return;
    this.notCalled();
    throw new HaiosError(
      'BUDGET_EXCEEDED',
      'The run was stopped before this call began; it is made when the run goes on.',
    );
  }

  /** A call that `mayCall` counted was refused before anything was done. */
  notCalled(): void {
    this.#use.calls -= 1;
  }

  /** Waits for what is not this task's own work: a pause, its steps. */
  async offWork<T>(wait: () => Promise<T>): Promise<T> {
    this.#countWork();
    try {
      return await wait();
    } finally {
      this.#countedMs = this.context.run.workMs;
    }
  }

  /** Reads the budgets from the ledger and tells them. For show only: a ledger that cannot be read now stops nothing here. */
  async tellBudgets(): Promise<void> {
    const { run, budget, services } = this.context;
    const { ledger, overrides, clock } = services;
    const read = async (): Promise<readonly BudgetUse[]> => {
      await overrides.read();
      return readBudgets(ledger, this.limits(), clock.now(), (pairs) =>
        budgetUses(pairs, resourceLimits(budget), this.measured, (of) => overrides.of(of)),
      );
    };
    const budgets = await read().catch(() => null);
    if (budgets === null) return;
    services.observe({ type: 'budget_changed', runId: run.id, budgets });
  }

  /** Tells which of its steps are left; null: it does no more of them. */
  tellSteps(left: readonly TaskState[] | null): void {
    const { run, services } = this.context;
    const steps = left?.map(({ taskId, title, depth }) => ({ taskId, title, depth })) ?? null;
    services.observe({ type: 'steps_left', runId: run.id, taskId: this.state.taskId, steps });
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
      span.end({ status: this.signal.aborted ? 'cancelled' : 'error', error: messageOf(error) });
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
        'haios.tokens.prompt': inputTokens(cost.tokens),
        'haios.tokens.completion': outputTokens(cost.tokens),
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

  async #checkResources(): Promise<void> {
    const { overrides } = this.context.services;
    const check = (): void => {
      const { measured } = this;
      checkResources(
        this.#callLimits,
        measured,
        (limit) => overrides.of(measuredRef(limit, measured))?.limit ?? limit.limit,
      );
    };
    try {
      check();
    } catch {
      // It may have been raised in another window.
      await overrides.read();
      check();
    }
  }

  #countWork(): void {
    const { workMs } = this.context.run;
    this.#use.workMs += workMs - this.#countedMs;
    this.#countedMs = workMs;
  }

  #checkQuotas(writes: boolean): void {
    const { quota } = this.context.budget;
    if (quota === undefined) return;
    const { calls, workMs, files } = this.#use;
    const { tokens, nusd } = this.cost;
    const used = {
      calls,
      tokens: totalTokens(tokens),
      usd: nusd,
      seconds: workMs / 1000,
      files_written: files.length + this.#writing,
    };
    checkQuotas(this.state.title, quota, used, writes);
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
