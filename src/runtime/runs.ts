import { mkdir } from 'node:fs/promises';
import { runAmount, type BudgetSources } from '../core/budget/limits.ts';
import { bound } from '../core/budget/pricing.ts';
import { HaiosError } from '../core/errors.ts';
import { executeRun } from '../core/agent/execute-run.ts';
import { Run } from '../core/agent/run.ts';
import type { Critic, RunContext, Services } from '../core/agent/services.ts';
import type { Model, ModelCatalogue, Prices, Tool } from '../core/ports.ts';
import { Tracer } from '../core/trace.ts';
import type { Notice, RunRef, StartRun } from '../protocol/messages.ts';
import { noCost, type RunRow } from '../protocol/rows.ts';
import type { Storage } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';
import type { Approvals } from './approvals.ts';
import type { ConfigStore, Loaded } from './config-store.ts';
import { agentInstructions, checkPrompt, checkWorkspace, resumption, type Resumption } from './run-request.ts';
import { spillFolder } from './spill.ts';

const budgetWaitMs = 30_000;

export interface RunsOptions {
  readonly services: Omit<Services, 'prices'>;
  readonly storage: Storage;
  readonly configs: ConfigStore;
  readonly approvals: Approvals;
  readonly redactor: Redactor;
  readonly tools: readonly Tool[];
  readonly dataDir: string;
  /** The models and prices of a configuration. */
  readonly catalogueOf: (loaded: Loaded) => { models: ModelCatalogue; prices: Prices };
  /** Takes a configuration into force for what belongs to the runtime: lane limits, memory. */
  readonly apply: (loaded: Loaded) => void;
  readonly trusted: (workspace: string | null) => boolean;
  readonly runtimeLives: (runtimeId: string) => Promise<boolean>;
  readonly notice: (notice: Notice) => void;
  /** Called when a run has ended; what it returns is awaited before the run is forgotten. */
  readonly onEnd: (run: Run, context: RunContext) => Promise<void>;
}

interface Active {
  readonly run: Run;
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

  /** Throws PROMPT_INVALID, WORKSPACE_INVALID, CONFIG_INVALID, MODEL_UNKNOWN, API_KEY_MISSING, RUN_NOT_* — nothing has begun then. */
  async start(request: StartRun): Promise<RunRef> {
    if (this.#stopping)
      throw new HaiosError('CANCELLED', 'The runtime is shutting down; start the run again when it is back.');
    const { storage, configs, services, trusted } = this.#o;
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
    const { models, prices } = this.#o.catalogueOf(loaded);
    const model = models.get(resumed?.row.model ?? request.model ?? loaded.config.default_model);
    const agent = resumed?.row.agent ?? request.agent ?? 'haios';
    const instructions = await agentInstructions(agent, workspace, trusted(workspace));
    const priceAs = model.free ? loaded.config.price_as : null;
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
      error: null,
      text: '',
    };
    const mine: RunRow = {
      ...row,
      approve: request.approve,
      priceAs: row.priceAs ?? priceAs,
      runtimeId: services.runtimeId,
    };
    const run = new Run(mine, resumed?.costs ?? new Map(), services.clock, services.observe);
    if (resumed !== null) await this.#closeIssues(run.id);
    const spillDir = spillFolder(this.#o.dataDir, run.id);
    await mkdir(spillDir, { recursive: true, mode: 0o700 });
    const context: RunContext = {
      services: { ...services, prices },
      run,
      tracer: new Tracer(
        {
          traceId: mine.traceId,
          runId: run.id,
          common: { 'haios.run_id': run.id, 'haios.g': mine.g, 'haios.agent': agent },
        },
        services.clock,
        services.ids,
        services.observe,
      ),
      model,
      tools: workspace === null ? [] : this.#o.tools,
      workspace,
      budget,
      timeouts: {
        default: { limitMs: loaded.config.timeouts.default_ms, factor: loaded.config.timeouts.escalation_factor },
        budgetWaitMs,
      },
      retry: { retries: 4, minTimeoutMs: 500, maxTimeoutMs: 30_000 },
      priceAs,
      captureContent: loaded.config.telemetry.capture_content,
      instructions,
      critics: trusted(workspace) ? loaded.config.critics.map(criticOf) : [],
      spillDir,
      trusted: () => trusted(workspace),
      approve: (asked) => this.#o.approvals.ask(run, asked),
      saveCheckpoint: (checkpoint) =>
        storage.write([
          { type: 'checkpoint', runId: run.id, json: JSON.stringify(this.#o.redactor.value(checkpoint)) },
        ]),
    };
    this.#begin(run, context, resumed);
    return { runId: run.id, g: mine.g, traceId: mine.traceId };
  }

  /** Throws RUN_NOT_FOUND when the run is not at work here. */
  control(runId: string, action: 'cancel' | 'pause' | 'continue'): void {
    const active = this.#active.get(runId);
    if (active === undefined) {
      throw new HaiosError(
        'RUN_NOT_FOUND',
        'That run is not at work in this window; it has ended or belongs to another one.',
      );
    }
    switch (action) {
      case 'cancel':
        active.run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
        break;
      case 'pause':
        active.run.pause();
        break;
      case 'continue':
        active.run.continue();
        break;
    }
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

  #begin(run: Run, context: RunContext, resumed: Resumption | null): void {
    const { services, approvals } = this.#o;
    services.observe({ type: 'run_changed', run: run.row(), from: null });
    approvals.begin(run.id, run.row().approve);
    const rootSpanId = resumed?.rootSpanId ?? services.ids.spanId();
    const ended = executeRun(context, rootSpanId, resumed?.checkpoint ?? null)
      .finally(() => approvals.end(run.id))
      .then(() => this.#o.onEnd(run, context))
      .finally(() => this.#active.delete(run.id));
    this.#active.set(run.id, { run, ended });
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
  };
}

/** A critic's command line as argv: words apart by blanks, quotes keep a word together; no shell. */
function criticOf({ name, command }: { name: string; command: string }): Critic {
  const words = command.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return { name, command: words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2')) };
}
