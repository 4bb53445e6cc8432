import type { BudgetWindow, Resource } from '../../catalogue/states.ts';
import type { BudgetAmounts } from '../../protocol/rows.ts';
import type { LedgerLimit } from '../ports.ts';
import type { PartialConfig, WindowLimit } from '../config.ts';
import { toNano } from './money.ts';
import type { TaskQuotas } from './quota.ts';

/** The `budgets` block of haios.config.json or of the settings; usd in dollars. Absent means: no limit from here. */
export type BudgetBlock = NonNullable<PartialConfig['budgets']>;

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
}

/** The name of a task's limit that comes from `quotas.task`. */
export const quotaLimit = 'quotas.task';

export interface BudgetSubject {
  readonly runId: string;
  readonly taskId: string;
  readonly model: string;
  readonly workspace: string | null;
}

/** A limit that what was used is held against between calls. Usd in nano-dollars. */
export interface ResourceLimit {
  readonly name: string;
  readonly resource: Resource;
  readonly scope: 'run' | 'task';
  readonly limit: number;
}

const reserved = ['usd', 'tokens'] as const;
const measured = ['cpu_seconds', 'mem_bytes', 'disk_bytes'] as const;

/** The amount in force for a whole run: what the person gave, else the default, never above file or settings. */
export function runAmount(sources: BudgetSources, resource: Resource): number | undefined {
  const { file, settings, defaults, run } = sources;
  const explicit = least(file[resource], settings[resource]);
  return least(run[resource] ?? (explicit === undefined ? defaults[resource] : undefined), explicit);
}

/** Every usd and token limit that a call of this subject touches, at this moment. */
export function ledgerLimits(sources: BudgetSources, subject: BudgetSubject, now: number): readonly LedgerLimit[] {
  const { file, settings, windows } = sources;
  const { runId, taskId, model, workspace } = subject;
  const limit = (
    of: Pick<LedgerLimit, 'name' | 'scope' | 'key' | 'window' | 'resource'>,
    amount: number,
    only: { runId?: string } = {},
  ): LedgerLimit => ({
    ...of,
    ...only,
    limit: of.resource === 'usd' ? toNano(amount) : amount,
    since: windowStart(of.window, now),
    until: windowEnd(of.window, now),
  });

  const limits = reserved.flatMap((resource): LedgerLimit[] => {
    const run = runAmount(sources, resource);
    const budget = least(file.task?.[resource], settings.task?.[resource]);
    const task = least(budget, sources.quota?.[resource]);
    const name = task === budget ? 'task' : quotaLimit;
    return [
      ...(run === undefined
        ? []
        : [limit({ name: 'run', scope: 'run', key: runId, window: 'lifetime', resource }, run)]),
      ...(task === undefined ? [] : [limit({ name, scope: 'task', key: taskId, window: 'lifetime', resource }, task)]),
    ];
  });
  for (const { scope, window, resource, limit: amount } of windows) {
    if (scope === 'user') limits.push(limit({ name: window, scope, key: 'user', window, resource }, amount));
    else if (workspace !== null)
      limits.push(limit({ name: `${window} (workspace)`, scope, key: workspace, window, resource }, amount));
  }
  for (const [pattern, amounts] of [...Object.entries(file.models ?? {}), ...Object.entries(settings.models ?? {})]) {
    if (!matches(pattern, model)) continue;
    for (const resource of reserved) {
      const amount = amounts[resource];
      if (amount !== undefined)
        limits.push(
          limit({ name: pattern, scope: 'model', key: pattern, window: 'lifetime', resource }, amount, { runId }),
        );
    }
  }
  return limits;
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

/** `hour` rolls; `day` and `week` (from Monday) are calendar, local time. */
export function windowStart(window: BudgetWindow, now: number): number {
  switch (window) {
    case 'lifetime':
      return 0;
    case 'hour':
      return now - 3_600_000;
    case 'day':
      return new Date(now).setHours(0, 0, 0, 0);
    case 'week': {
      const day = new Date(now);
      day.setHours(0, 0, 0, 0);
      day.setDate(day.getDate() - ((day.getDay() + 6) % 7));
      return day.getTime();
    }
  }
}

/** When the window that `now` is in ends; null for one that never does, and for the hour, which rolls. */
export function windowEnd(window: BudgetWindow, now: number): number | null {
  if (window === 'lifetime' || window === 'hour') return null;
  const end = new Date(windowStart(window, now));
  end.setDate(end.getDate() + (window === 'day' ? 1 : 7));
  return end.getTime();
}

/** Shell-style pattern with `*` and `?`, as SQLite's GLOB reads it. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
