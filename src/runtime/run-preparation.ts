import { mkdir } from 'node:fs/promises';
import { resources } from '../catalogue/states.ts';
import { BudgetStop } from '../core/agent/budget-stop.ts';
import { Run } from '../core/agent/run.ts';
import type { Critic, RunContext, Services } from '../core/agent/services.ts';
import { toNano } from '../core/budget/money.ts';
import type { Tool } from '../core/ports.ts';
import { Tracer } from '../core/trace.ts';
import type { StartRun } from '../protocol/messages.ts';
import { noCost, type BudgetAmounts, type BudgetRef, type RunRow } from '../protocol/rows.ts';
import { commandWords } from './command-words.ts';
import { timeoutSettings } from './limits.ts';
import type { Place } from './run-queue.ts';
import type { Resumption } from './run-request.ts';
import { checkPrice, priceAsOf, understand, type RunParts, type Wish } from './run-wish.ts';
import { spillFolder } from './spill.ts';

/** A run that can begin. It holds its place: who has it hands it back. */
export interface PreparedRun {
  readonly run: Run;
  readonly stop: BudgetStop;
  readonly place: Place;
  readonly resumed: Resumption | null;
  /** Once its tools are there. */
  readonly context: () => Promise<RunContext>;
}

/**
 * Makes a run of what was asked. Throws PROMPT_INVALID, WORKSPACE_INVALID, CONFIG_INVALID, MODEL_UNKNOWN, API_KEY_MISSING,
 * RUN_NOT_*, POLICY, LABEL_REQUIRED, RUNS_FULL; it holds no place then.
 */
export async function prepareRun(
  request: StartRun,
  parts: RunParts,
  atWork: (runId: string) => boolean,
): Promise<PreparedRun> {
  const { services, queue, dataDir } = parts;
  const wish = await understand(request, parts, atWork);
  const { resumed, loaded, labels, priceAs } = wish;
  const row = resumed?.row ?? (await newRow(request, wish, parts));
  await mkdir(spillFolder(dataDir, row.runId), { recursive: true, mode: 0o700 });
  const place = await queue.claim({ ...row, resumed: resumed !== null }, loaded);
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
      await closeIssues(run.id, parts);
      await services.overrides.read();
      await setNewTotals(run.id, request.budget, services);
    } catch (error) {
      place.leave();
      throw error;
    }
  }
  return { run, place, resumed, ...contextOf(request, wish, run, parts) };
}

async function newRow(
  request: StartRun,
  { prompt, workspace, model, agent, priceAs, labels }: Wish,
  { services, storage }: RunParts,
): Promise<RunRow> {
  return {
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
}

/** What the run works with; its model is another one after a switch. */
function contextOf(request: StartRun, wish: Wish, run: Run, parts: RunParts): Pick<PreparedRun, 'stop' | 'context'> {
  const { services, storage, trusted, forecasts } = parts;
  const { resumed, loaded, prompt, workspace, agent, instructions, models, priceAs, budget, policy } = wish;
  const { prices } = models;
  let { model } = wish;
  const row = run.row();
  const tracer = new Tracer(
    {
      traceId: row.traceId,
      runId: run.id,
      common: { 'haios.run_id': run.id, 'haios.g': row.g, 'haios.agent': agent },
    },
    services.clock,
    services.ids,
    services.observe,
  );
  const { on_limit, wait_ms } = loaded.config.budgets;
  const stop = new BudgetStop({
    ...services,
    run,
    onLimit: request.onLimit ?? (on_limit === 'ask' && !parts.attended ? 'stop' : on_limit),
    switchModel: (id) => {
      const other = models.get(id);
      checkPrice(other, prices, priceAsOf(other, loaded), budget, parts);
      model = other;
      run.switchModel(other.id, priceAsOf(other, loaded));
    },
  });
  const withTools = (tools: readonly Tool[]): RunContext => ({
    services: { ...services, prices },
    run,
    tracer,
    get model() {
      return model;
    },
    models,
    stop,
    tools,
    workspace,
    budget,
    timeouts: timeoutSettings(loaded.config),
    budgetWaitMs: wait_ms,
    retry: { retries: 4, minTimeoutMs: 500, maxTimeoutMs: 30_000 },
    priceAs: loaded.config.price_as,
    captureContent: loaded.config.telemetry.capture_content,
    instructions,
    critics: trusted(workspace) ? loaded.config.critics.map(criticOf) : [],
    spillDir: spillFolder(parts.dataDir, run.id),
    policy,
    trusted: () => trusted(workspace),
    // What a resumed run has left is not what a whole one takes.
    expectedStepNusd:
      resumed === null
        ? forecasts.forRun(
            run.id,
            { prompt, workspace, model: row.model, priceAs },
            { tracer, signal: run.signal, priority: row.priority },
          )
        : () => Promise.resolve(null),
    approve: (asked, signal) => parts.approvals.ask(run, asked, signal),
    saveCheckpoint: (checkpoint) =>
      storage.write([{ type: 'checkpoint', runId: run.id, json: JSON.stringify(parts.redactor.value(checkpoint)) }]),
  });
  return {
    stop,
    context: async () => withTools(workspace === null ? [] : await parts.tools(loaded, workspace, run.signal)),
  };
}

/** What stopped a run is over when a person resumes it. */
async function closeIssues(runId: string, { storage, services }: RunParts): Promise<void> {
  for (const issue of await storage.reader.issues({ runId, open: true, limit: 100 })) {
    services.observe({ type: 'issue', issue: { ...issue, closedAt: services.clock.now() } });
  }
}

/** The totals that a person gives a resumed run take the place of what was set for it before. */
async function setNewTotals(
  runId: string,
  budget: BudgetAmounts,
  { overrides }: Pick<Services, 'overrides'>,
): Promise<void> {
  for (const resource of resources) {
    const amount = budget[resource];
    const ref: BudgetRef = { name: 'run', resource, scope: 'run', key: runId, window: 'lifetime' };
    if (amount === undefined || overrides.of(ref) === null) continue;
    await overrides.set(ref, resource === 'usd' ? toNano(amount) : amount, null);
  }
}

function criticOf({ name, command }: { name: string; command: string }): Critic {
  return { name, command: commandWords(command) };
}
