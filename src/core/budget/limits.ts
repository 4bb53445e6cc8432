import type { Resource } from '../../catalogue/states.ts';
import type { BudgetAmounts } from '../../protocol/rows.ts';
import type { LedgerLimit } from '../ports.ts';
import type { PartialConfig, WindowLimit } from '../config.ts';
import { toNano } from './money.ts';
import { paced } from './pacing.ts';
import { matches } from './pattern.ts';
import type { TaskQuotas } from './quota.ts';
import { windowEnd, windowStart } from './windows.ts';

/** The `budgets` block of haios.config.json or of the settings; usd in dollars. Absent means: no limit from here. */
export type BudgetBlock = NonNullable<PartialConfig['budgets']>;

type PatternLimits = NonNullable<BudgetBlock['models']>;

export interface BudgetSources {
  /** Limits in the file bind the workspace. */
  readonly file: BudgetBlock;
  /** Limits in the settings bind the user over all workspaces. */
  readonly settings: BudgetBlock;
  /** For a run, where neither file, settings nor the person gave one. */
  readonly defaults: BudgetAmounts;
  /** What the person gave for this run. */
  readonly run: BudgetAmounts;
  readonly windows: readonly WindowLimit[];
  /** `quotas.task`: its usd and tokens hold a task together with `budgets.task`, the lower of the two. */
  readonly quota?: TaskQuotas;
  /** The share of an hourly or daily usd budget that may be used at once; absent: they are not spread. */
  readonly burst?: number;
}

/** The name of a task's limit that comes from `quotas.task`. */
export const quotaLimit = 'quotas.task';

export interface BudgetSubject {
  readonly runId: string;
  readonly taskId: string;
  /** Null: the limits of every agent, of every model. */
  readonly agent: string | null;
  readonly model: string | null;
  readonly workspace: string | null;
  /** What the call under way may cost at most, nano-dollars; absent: none is. */
  readonly nusd?: number;
}

/** A limit that what was used is held against between calls. Usd in nano-dollars. */
export interface ResourceLimit {
  readonly name: string;
  readonly resource: Resource;
  readonly scope: 'run' | 'task';
  readonly limit: number;
}

export const reserved = ['usd', 'tokens'] as const;
const windowNames = ['hour', 'day', 'week'] as const;
const measured = ['cpu_seconds', 'mem_bytes', 'disk_bytes'] as const;

/** The amount in force for a whole run: what the person gave, else the default, never above file or settings. */
export function runAmount(sources: BudgetSources, resource: Resource): number | undefined {
  const { file, settings, defaults, run } = sources;
  const explicit = least(file[resource], settings[resource]);
  return least(run[resource] ?? (explicit === undefined ? defaults[resource] : undefined), explicit);
}

/**
 * Every usd and token limit that a call of this subject touches, at this moment; one call's own (`callLimit`) apart.
 * `name`, `resource`, `scope` and `window` tell any two of them apart; `key` those of two runs, tasks or workspaces.
 */
export function ledgerLimits(sources: BudgetSources, subject: BudgetSubject, now: number): readonly LedgerLimit[] {
  const { agent, model, nusd = 0 } = subject;
  const drafts = [
    ...ownLimits(sources, subject),
    ...windowLimits(sources, subject),
    ...patternLimits('agent', agent, sources.file.agents ?? {}, sources.settings.agents ?? {}, subject),
    ...patternLimits('model', model, sources.file.models ?? {}, sources.settings.models ?? {}, subject),
  ];
  return drafts.flatMap(({ amount, ...of }) => {
    if (amount === undefined) return [];
    const limit = {
      ...of,
      limit: of.resource === 'usd' ? toNano(amount) : amount,
      since: windowStart(of.window, now),
      until: windowEnd(of.window, now),
    };
    return sources.burst === undefined ? [limit] : paced(limit, sources.burst, now, nusd);
  });
}

/** A limit of the ledger before it is known which moments it spans; usd in dollars. Undefined: there is none. */
type Draft = Omit<LedgerLimit, 'limit' | 'since' | 'until' | 'pace'> & { readonly amount: number | undefined };

function ownLimits({ quota, ...sources }: BudgetSources, { runId, taskId, workspace }: BudgetSubject): Draft[] {
  const { file, settings } = sources;
  return reserved.flatMap((resource): Draft[] => {
    const run = runAmount(sources, resource);
    const budget = least(file.task?.[resource], settings.task?.[resource]);
    const task = least(budget, quota?.[resource]);
    const name = task === budget ? 'task' : quotaLimit;
    const all = least(file.workspace?.[resource], settings.workspace?.[resource]);
    const window = 'lifetime';
    return [
      { name: 'run', scope: 'run', key: runId, window, resource, amount: run },
      { name, scope: 'task', key: taskId, window, resource, amount: task },
      ...(workspace === null
        ? []
        : [{ name: 'workspace', scope: 'workspace', key: workspace, window, resource, amount: all } as const]),
    ];
  });
}

function windowLimits({ windows }: BudgetSources, { workspace }: BudgetSubject): Draft[] {
  return windows.flatMap(({ scope, window, resource, limit: amount }): Draft[] => {
    if (scope === 'user') return [{ name: window, scope, key: 'user', window, resource, amount }];
    return workspace === null
      ? []
      : [{ name: `${window} (workspace)`, scope, key: workspace, window, resource, amount }];
  });
}

function patternLimits(
  scope: 'agent' | 'model',
  name: string | null,
  file: PatternLimits,
  settings: PatternLimits,
  { runId, workspace }: BudgetSubject,
): Draft[] {
  const patterns = [...new Set([...Object.keys(file), ...Object.keys(settings)])];
  const touched = patterns.filter((pattern) => name === null || matches(pattern, name));
  return touched.flatMap((key) =>
    reserved.flatMap((resource): Draft[] => {
      const [team, own] = [file[key], settings[key]];
      const ofRun = { name: key, scope, key, window: 'lifetime', resource, runId } as const;
      return [
        { ...ofRun, amount: least(team?.[resource], own?.[resource]) },
        ...windowNames.flatMap((window): Draft[] => {
          const of = { scope, key, window, resource };
          const ofUser = { name: key, ...of, amount: own?.windows?.[window]?.[resource] };
          if (workspace === null) return [ofUser];
          // The pattern comes last: it has no spaces, so that no two of these read alike.
          const name = `${workspace}: ${key}`;
          return [ofUser, { name, ...of, workspace, amount: team?.windows?.[window]?.[resource] }];
        }),
      ];
    }),
  );
}

/** The most that one call may cost; undefined: no limit. Usd in dollars. */
export function callLimit({ file, settings }: BudgetSources, resource: 'usd' | 'tokens'): number | undefined {
  return least(file.call?.[resource], settings.call?.[resource]);
}

/** Limits that are measured, not reserved. */
export function resourceLimits(sources: BudgetSources): readonly ResourceLimit[] {
  return measured.flatMap((resource) => limitsOf(sources, resource));
}

/** All five resources on both levels, for the check before each call. The ledger decides on usd and tokens all the same. */
export function callLimits(sources: BudgetSources): readonly ResourceLimit[] {
  return [...reserved, ...measured].flatMap((resource) => limitsOf(sources, resource));
}

function limitsOf(sources: BudgetSources, resource: Resource): ResourceLimit[] {
  const limits: ResourceLimit[] = [];
  const unit = (amount: number): number => (resource === 'usd' ? toNano(amount) : amount);
  const run = runAmount(sources, resource);
  if (run !== undefined) limits.push({ name: 'run', resource, scope: 'run', limit: unit(run) });
  const task = least(sources.file.task?.[resource], sources.settings.task?.[resource]);
  if (task !== undefined) limits.push({ name: 'task', resource, scope: 'task', limit: unit(task) });
  return limits;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
