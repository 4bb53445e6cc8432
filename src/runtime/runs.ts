import { mkdir } from 'node:fs/promises';
import { resources } from '../catalogue/states.ts';
import { runAmount, type BudgetSources } from '../core/budget/limits.ts';
import { toNano } from '../core/budget/money.ts';
import { checkLimit } from '../core/budget/raises.ts';
import { bound } from '../core/budget/pricing.ts';
import { HaiosError } from '../core/errors.ts';
import { BudgetStop } from '../core/agent/budget-stop.ts';
import { executeRun } from '../core/agent/execute-run.ts';
import { Run } from '../core/agent/run.ts';
import type { Critic, RunContext, Services } from '../core/agent/services.ts';
import type { Model, ModelCatalogue, Prices, Tool } from '../core/ports.ts';
import { Tracer } from '../core/trace.ts';
import type {
  BudgetDecision,
  Forecast,
  ForecastQuery,
  Notice,
  RunAction,
  RunRef,
  StartRun,
  TaskAction,
} from '../protocol/messages.ts';
import { noCost, type BudgetAmounts, type BudgetRef, type RunRow } from '../protocol/rows.ts';
import type { Storage } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';
import type { Approvals } from './approvals.ts';
import type { ConfigStore, Loaded } from './config-store.ts';
import { timeoutSettings } from './limits.ts';
import type { Forecasts } from './forecasts.ts';
import { commandWords } from './command-words.ts';
import type { checkPolicies, PolicySubject } from './policies.ts';
import type { Place, RunQueue } from './run-queue.ts';
import {
  agentFile,
  agentInstructions,
  checkBudget,
  checkPrompt,
  checkWorkspace,
  resumption,
  type Resumption,
} from './run-request.ts';
import { spillFolder } from './spill.ts';

export interface RunsOptions {
  readonly services: Omit<Services, 'prices'>;
  readonly storage: Storage;
  readonly configs: ConfigStore;
  readonly approvals: Approvals;
  readonly forecasts: Forecasts;
  readonly redactor: Redactor;
  readonly queue: RunQueue;
  /** See `checkPolicies`. */
  readonly checkPolicies: (loaded: Loaded, subject: PolicySubject) => ReturnType<typeof checkPolicies>;
  /** What the runs of a workspace can use; never rejects, and gives up at the abort. */
  readonly tools: (loaded: Loaded, workspace: string, signal: AbortSignal) => Promise<readonly Tool[]>;
  readonly dataDir: string;
  /** The models and prices of a configuration. */
  readonly catalogueOf: (loaded: Loaded) => Promise<ModelCatalogue & { readonly prices: Prices }>;
  /** Takes a configuration into force for what belongs to the runtime: lane limits, memory. */
  readonly apply: (loaded: Loaded) => void;
  readonly trusted: (workspace: string | null) => boolean;
  /** Whether a person can be asked what a run does at a budget's limit. */
  readonly canAsk: boolean;
  readonly runtimeLives: (runtimeId: string) => Promise<boolean>;
  readonly notice: (notice: Notice) => void;
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
    const { storage, configs, services, trusted, forecasts } = this.#o;
    const resumed =
      request.resume === null ? null : await resumption(request, request.resume, storage, this.#livesElsewhere);
    if (resumed !== null && this.#active.has(resumed.row.runId)) {
      throw new HaiosError('RUN_NOT_RESUMABLE', `Run ${resumed.row.g} is at work in this window.`);
    }
    const prompt = resumed?.row.prompt ?? checkPrompt(request.prompt);
    const workspace = await checkWorkspace(resumed?.row.workspace ?? request.workspace);
    const loaded = await configs.load(workspace, trusted(workspace));
    if (loaded.error !== null) {
      this.#o.notice({
        level: 'warning',
        code: 'CONFIG_INVALID',
        message: `${loaded.error.message} The last good configuration stays in force.`,
        runId: null,
      });
    }
    this.#o.apply(loaded);
    const models = await this.#o.catalogueOf(loaded);
    const { prices } = models;
    const { price_as } = loaded.config;
    const priceAsOf = ({ free }: Model): string | null => (free ? price_as : null);
    let model = models.get(resumed?.row.model ?? request.model ?? loaded.config.default_model);
    const agent = resumed?.row.agent ?? request.agent ?? 'haios';
    const instructions = await agentInstructions(agent, workspace, trusted(workspace));
    const { policy, labels } = this.#o.checkPolicies(loaded, {
      prompt,
      labels: request.labels.length > 0 ? request.labels : (resumed?.row.labels ?? []),
      workspace,
      trusted: trusted(workspace),
      agentFile: instructions === null ? null : agentFile(agent),
      instructions,
    });
    const priceAs = priceAsOf(model);
    const budget = budgetSources(loaded, resumed?.row.budget ?? request.budget);
    this.#checkPrice(model, prices, priceAs, budget);

    const row: RunRow = resumed?.row ?? {
      runId: services.ids.unique(),
      g: await storage.nextG(),
      prompt,
      workspace,
      model: model.id,
      agent,
      priority: request.priority,
      approve: request.approve,
      budget: request.budget,
      status: 'queued',
      waiting: null,
      traceId: services.ids.traceId(),
      runtimeId: services.runtimeId,
      startedAt: services.clock.now(),
      endedAt: null,
      durationMs: 0,
      cost: noCost,
      tasks: 0,
      workerCalls: 0,
      priceAs,
      labels,
      error: null,
      text: '',
    };
    const spillDir = spillFolder(this.#o.dataDir, row.runId);
    await mkdir(spillDir, { recursive: true, mode: 0o700 });
    const place = await this.#o.queue.claim({ ...row, resumed: resumed !== null }, loaded);
    const mine: RunRow = {
      ...row,
      labels,
      status: place.queued ? 'queued' : row.status,
      approve: request.approve,
      priceAs: row.priceAs ?? priceAs,
      runtimeId: services.runtimeId,
    };
    const run = new Run(mine, resumed?.costs ?? new Map(), services.clock, services.observe);
    if (resumed !== null) {
      try {
        await this.#closeIssues(run.id);
        await services.overrides.read();
        await this.#newTotals(run.id, request.budget);
      } catch (error) {
        place.leave();
        throw error;
      }
    }
    const tracer = new Tracer(
      {
        traceId: mine.traceId,
        runId: run.id,
        common: { 'haios.run_id': run.id, 'haios.g': mine.g, 'haios.agent': agent },
      },
      services.clock,
      services.ids,
      services.observe,
    );
    const { on_limit, wait_ms } = loaded.config.budgets;
    const stop = new BudgetStop({
      ...services,
      run,
      onLimit: request.onLimit ?? (on_limit === 'ask' && !this.#o.canAsk ? 'stop' : on_limit),
      switchModel: (id) => {
        const other = models.get(id);
        this.#checkPrice(other, prices, priceAsOf(other), budget);
        model = other;
        run.switchModel(other.id, priceAsOf(other));
      },
    });
    const contextOf = (usable: readonly Tool[]): RunContext => ({
      services: { ...services, prices },
      run,
      tracer,
      get model() {
        return model;
      },
      models,
      stop,
      tools: usable,
      workspace,
      budget,
      timeouts: timeoutSettings(loaded.config),
      budgetWaitMs: wait_ms,
      retry: { retries: 4, minTimeoutMs: 500, maxTimeoutMs: 30_000 },
      priceAs: price_as,
      captureContent: loaded.config.telemetry.capture_content,
      instructions,
      critics: trusted(workspace) ? loaded.config.critics.map(criticOf) : [],
      spillDir,
      policy,
      trusted: () => trusted(workspace),
      // What a resumed run has left is not what a whole one takes.
      expectedStepNusd:
        resumed === null
          ? forecasts.forRun(
              run.id,
              { prompt, workspace, model: mine.model, priceAs },
              { tracer, signal: run.signal, priority: mine.priority },
            )
          : () => Promise.resolve(null),
      approve: (asked, signal) => this.#o.approvals.ask(run, asked, signal),
      saveCheckpoint: (checkpoint) =>
        storage.write([
          { type: 'checkpoint', runId: run.id, json: JSON.stringify(this.#o.redactor.value(checkpoint)) },
        ]),
    });
    const usable = async (): Promise<readonly Tool[]> =>
      workspace === null ? [] : await this.#o.tools(loaded, workspace, run.signal);
    this.#begin(run, stop, async () => contextOf(await usable()), resumed, place);
    return { runId: run.id, g: mine.g, traceId: mine.traceId };
  }

  /** What such a run usually takes. Throws as `start` does for what is wrong with it, and TIMEOUT after two seconds. */
  async forecast(query: ForecastQuery): Promise<Forecast> {
    const { configs, trusted, catalogueOf, forecasts } = this.#o;
    const prompt = checkPrompt(query.prompt);
    const workspace = await checkWorkspace(query.workspace);
    const loaded = await configs.load(workspace, trusted(workspace));
    const model = (await catalogueOf(loaded)).get(query.model ?? loaded.config.default_model);
    const priceAs = model.free ? loaded.config.price_as : null;
    return forecasts.ask({ prompt, workspace, model: model.id, priceAs });
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

  #begin(
    run: Run,
    stop: BudgetStop,
    prepare: () => Promise<RunContext>,
    resumed: Resumption | null,
    place: Place,
  ): void {
    const { services, approvals, onEnd } = this.#o;
    services.observe({ type: 'run_changed', run: run.row(), from: null });
    approvals.begin(run.id, run.row().approve);
    const rootSpanId = resumed?.rootSpanId ?? services.ids.spanId();
    const atWork = async (): Promise<void> => {
      await place.turn(run.signal);
      // The run is there and can be stopped while tool servers start.
      const context = await prepare();
      await executeRun(context, rootSpanId, resumed?.checkpoint ?? null);
      approvals.end(run.id);
      await onEnd(run, context);
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

  /** What stopped a run is over when a person resumes it. */
  async #closeIssues(runId: string): Promise<void> {
    const { storage, services } = this.#o;
    for (const issue of await storage.reader.issues({ runId, open: true, limit: 100 })) {
      services.observe({ type: 'issue', issue: { ...issue, closedAt: services.clock.now() } });
    }
  }

  /** The totals that a person gives a resumed run take the place of what was set for it before. */
  async #newTotals(runId: string, budget: BudgetAmounts): Promise<void> {
    const { overrides } = this.#o.services;
    for (const resource of resources) {
      const amount = budget[resource];
      const ref: BudgetRef = { name: 'run', resource, scope: 'run', key: runId, window: 'lifetime' };
      if (amount === undefined || overrides.of(ref) === null) continue;
      await overrides.set(ref, resource === 'usd' ? toNano(amount) : amount, null);
    }
  }

  #checkPrice(model: Model, prices: Prices, priceAs: string | null, budget: BudgetSources): void {
    if (bound(model, 1, 1, prices, priceAs, this.#o.services.clock.now()) !== null) return;
    if (priceAs !== null) {
      throw new HaiosError(
        'CONFIG_INVALID',
        `price_as: no price is known for “${priceAs}”; give an exact model id, e.g. "gpt-5-mini".`,
      );
    }
    const tokens = runAmount(budget, 'tokens');
    if (tokens === undefined) {
      throw new HaiosError(
        'UNPRICED',
        `No price is known for model “${model.id}” and no token budget is set; set budgets.tokens, or give its prices under models.`,
      );
    }
    this.#o.notice({
      level: 'warning',
      code: 'MODEL_UNPRICED',
      message: `No price is known for model “${model.id}”: its calls are shown as unpriced and only the token budget of ${tokens} holds them.`,
      runId: null,
    });
  }

  readonly #livesElsewhere = (runtimeId: string): Promise<boolean> => this.#o.runtimeLives(runtimeId);
}

function budgetSources({ config, file, settings }: Loaded, run: BudgetSources['run']): BudgetSources {
  return {
    file: file.budgets ?? {},
    settings: settings.budgets ?? {},
    defaults: config.budgets,
    run,
    windows: config.window_limits,
    quota: config.quotas.task,
    ...(config.budgets.pacing ? { burst: config.budgets.burst } : {}),
  };
}

function criticOf({ name, command }: { name: string; command: string }): Critic {
  return { name, command: commandWords(command) };
}
