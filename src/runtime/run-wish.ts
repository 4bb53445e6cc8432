import { runAmount, type BudgetSources } from '../core/budget/limits.ts';
import { bound } from '../core/budget/pricing.ts';
import { HaiosError } from '../core/errors.ts';
import type { RunContext, Services } from '../core/agent/services.ts';
import type { Model, ModelCatalogue, Prices, Tool } from '../core/ports.ts';
import type { Notice, StartRun } from '../protocol/messages.ts';
import type { Storage } from '../storage/storage.ts';
import type { Redactor } from '../telemetry/redact.ts';
import type { Approvals } from './approvals.ts';
import type { ConfigStore, Loaded } from './config-store.ts';
import type { Forecasts } from './forecasts.ts';
import type { checkPolicies, PolicySubject } from './policies.ts';
import type { RunQueue } from './run-queue.ts';
import {
  agentFile,
  agentInstructions,
  checkPrompt,
  checkWorkspace,
  resumption,
  type Resumption,
} from './run-request.ts';

/** What runs are made with. */
export interface RunParts {
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
  readonly attended: boolean;
  readonly runtimeLives: (runtimeId: string) => Promise<boolean>;
  readonly notice: (notice: Notice) => void;
}

/** What was asked, read and checked. Nothing has begun. */
export interface Wish {
  readonly resumed: Resumption | null;
  readonly loaded: Loaded;
  readonly prompt: string;
  readonly workspace: string | null;
  readonly agent: string;
  readonly instructions: string | null;
  readonly models: ModelCatalogue & { readonly prices: Prices };
  readonly model: Model;
  readonly priceAs: string | null;
  readonly budget: BudgetSources;
  readonly policy: RunContext['policy'];
  readonly labels: readonly string[];
}

/** Reads a request against the configuration in force. `atWork`: whether a run is at work here. Throws what is wrong with it. */
export async function understand(
  request: StartRun,
  parts: RunParts,
  atWork: (runId: string) => boolean,
): Promise<Wish> {
  const { storage, configs, trusted, runtimeLives, notice } = parts;
  const resumed = request.resume === null ? null : await resumption(request, request.resume, storage, runtimeLives);
  if (resumed !== null && atWork(resumed.row.runId)) {
    throw new HaiosError('RUN_NOT_RESUMABLE', `Run ${resumed.row.g} is at work in this window.`);
  }
  const prompt = resumed?.row.prompt ?? checkPrompt(request.prompt);
  const workspace = await checkWorkspace(resumed?.row.workspace ?? request.workspace);
  const loaded = await configs.load(workspace, trusted(workspace));
  if (loaded.error !== null) {
    notice({
      level: 'warning',
      code: 'CONFIG_INVALID',
      message: `${loaded.error.message} The last good configuration stays in force.`,
      runId: null,
    });
  }
  parts.apply(loaded);
  const models = await parts.catalogueOf(loaded);
  const model = models.get(resumed?.row.model ?? request.model ?? loaded.config.default_model);
  const agent = resumed?.row.agent ?? request.agent ?? 'haios';
  const instructions = await agentInstructions(agent, workspace, trusted(workspace));
  const { policy, labels } = parts.checkPolicies(loaded, {
    prompt,
    labels: request.labels.length > 0 ? request.labels : (resumed?.row.labels ?? []),
    workspace,
    trusted: trusted(workspace),
    agentFile: instructions === null ? null : agentFile(agent),
    instructions,
  });
  const priceAs = priceAsOf(model, loaded);
  const budget = budgetSources(loaded, resumed?.row.budget ?? request.budget);
  checkPrice(model, models.prices, priceAs, budget, parts);
  return { resumed, loaded, prompt, workspace, agent, instructions, models, model, priceAs, budget, policy, labels };
}

/** Throws CONFIG_INVALID or UNPRICED when nothing would hold the model's calls; says so when only tokens do. */
export function checkPrice(
  model: Model,
  prices: Prices,
  priceAs: string | null,
  budget: BudgetSources,
  { services, notice }: RunParts,
): void {
  if (bound(model, 1, 1, prices, priceAs, services.clock.now()) !== null) return;
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
  notice({
    level: 'warning',
    code: 'MODEL_UNPRICED',
    message: `No price is known for model “${model.id}”: its calls are shown as unpriced and only the token budget of ${tokens.toLocaleString('en-US')} holds them.`,
    runId: null,
  });
}

/** The model at whose prices a free one is reckoned; null: it is not. */
export function priceAsOf({ free }: Model, { config }: Loaded): string | null {
  return free ? config.price_as : null;
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
