import { HaiosError } from '../core/errors.ts';
import type { BudgetStop } from '../core/agent/budget-stop.ts';
import { executeRun } from '../core/agent/execute-run.ts';
import type { Run } from '../core/agent/run.ts';
import type { RunContext } from '../core/agent/services.ts';
import { checkLimit } from '../core/budget/raises.ts';
import type {
  BudgetDecision,
  Forecast,
  ForecastQuery,
  RunAction,
  RunRef,
  StartRun,
  TaskAction,
} from '../protocol/messages.ts';
import type { BudgetRef, RunRow } from '../protocol/rows.ts';
import { prepareRun, type PreparedRun } from './run-preparation.ts';
import { checkBudget, checkPrompt, checkWorkspace } from './run-request.ts';
import { priceAsOf, type RunParts } from './run-wish.ts';

export interface RunsOptions extends RunParts {
  /** Called when a run has ended; what it returns is awaited before the run is forgotten. */
  readonly onEnd: (run: Run, context: RunContext) => Promise<void>;
}

interface Active {
  readonly run: Run;
  readonly stop: BudgetStop;
  readonly ended: Promise<void>;
}

/** The runs of this runtime: started, resumed, controlled, ended. */
export class Runs {
  readonly #active = new Map<string, Active>();
  readonly #o: RunsOptions;
  #stopping = false;

  constructor(options: RunsOptions) {
    this.#o = options;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  liveRow(runId: string): RunRow | null {
    return this.#active.get(runId)?.run.row() ?? null;
  }

  /** Throws PROMPT_INVALID, WORKSPACE_INVALID, CONFIG_INVALID, MODEL_UNKNOWN, API_KEY_MISSING, RUN_NOT_*, POLICY, LABEL_*, RUNS_FULL — nothing has begun then. */
  async start(request: StartRun): Promise<RunRef> {
    if (this.#stopping)
      throw new HaiosError('CANCELLED', 'The runtime is shutting down; start the run again when it is back.');
    const prepared = await prepareRun(request, this.#o, (runId) => this.#active.has(runId));
    this.#begin(prepared);
    const { runId, g, traceId } = prepared.run.row();
    return { runId, g, traceId };
  }

  /** What such a run usually takes. Throws as `start` does for what is wrong with it, and TIMEOUT after two seconds. */
  async forecast(query: ForecastQuery): Promise<Forecast> {
    const { configs, trusted, catalogueOf, forecasts } = this.#o;
    const prompt = checkPrompt(query.prompt);
    const workspace = await checkWorkspace(query.workspace);
    const loaded = await configs.load(workspace, trusted(workspace));
    const model = (await catalogueOf(loaded)).get(query.model ?? loaded.config.default_model);
    return forecasts.ask({ prompt, workspace, model: model.id, priceAs: priceAsOf(model, loaded) });
  }

  /** Throws RUN_NOT_FOUND when the run is not at work here. */
  control(runId: string, action: RunAction): void {
    const { run, stop } = this.#atWork(runId);
    switch (action) {
      case 'cancel':
        run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
        break;
      case 'pause':
        run.pause();
        break;
      case 'continue':
        run.continue();
        stop.continue();
        break;
      case 'stop_after_call':
        stop.afterCall();
        break;
    }
  }

  /** Throws RUN_NOT_FOUND when the run is not at work here, BUDGET_DECISION, or why a model cannot be used. */
  async decide(runId: string, decision: BudgetDecision): Promise<void> {
    await this.#atWork(runId).stop.decide(decision);
  }

  /** Sets a budget's limit for all windows of the user; runs that wait for it here go on. Throws BUDGET_DECISION, LEDGER_*. */
  async setBudget(budget: BudgetRef, limit: number, until: number | null): Promise<void> {
    const { overrides, clock } = this.#o.services;
    checkBudget(budget);
    checkLimit(budget.resource, { limit, until }, clock.now());
    await overrides.set(budget, limit, until);
    for (const { stop } of this.#active.values()) await stop.look();
  }

  /** Throws RUN_NOT_FOUND when the run or its task is not at work here. */
  controlTask(runId: string, taskId: string, action: TaskAction): void {
    this.#atWork(runId).run.tasks.control(taskId, action);
  }

  /** Takes no new run, interrupts those at work and waits for their end within the time given. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const ends = [...this.#active.values()].map(({ run, ended }) => {
      run.cancel(
        new HaiosError('RUNTIME_LOST', 'The window or command that ran it was closed; the run can be resumed.'),
      );
      return ended;
    });
    let cancelTimer = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancelTimer = this.#o.services.clock.after(graceMs, resolve)));
    await Promise.race([Promise.all(ends), late]);
    cancelTimer();
  }

  #atWork(runId: string): Active {
    const active = this.#active.get(runId);
    if (active !== undefined) return active;
    throw new HaiosError(
      'RUN_NOT_FOUND',
      'That run is not at work in this window; it has ended or belongs to another one.',
    );
  }

  #begin({ run, stop, place, resumed, context }: PreparedRun): void {
    const { services, approvals, onEnd } = this.#o;
    services.observe({ type: 'run_changed', run: run.row(), from: null });
    approvals.begin(run.id, run.row().approve);
    const rootSpanId = resumed?.rootSpanId ?? services.ids.spanId();
    const atWork = async (): Promise<void> => {
      await place.turn(run.signal);
      // The run is there and can be stopped while tool servers start.
      const ready = await context();
      await executeRun(ready, rootSpanId, resumed?.checkpoint ?? null);
      approvals.end(run.id);
      await onEnd(run, ready);
    };
    const ended = atWork().finally(() => {
      place.leave();
      this.#active.delete(run.id);
    });
    this.#active.set(run.id, { run, stop, ended });
    // executeRun never throws; what onEnd could not write is a notice, not a crash.
    ended.catch((error: unknown) => {
      this.#o.notice({
        level: 'error',
        code: 'INTERNAL',
        message: `Run ${run.row().g} ended, but its report could not be written: ${String(error)}`,
        runId: run.id,
      });
    });
  }
}
