import type { Resource } from '../../catalogue/states.ts';
import { exactUsd } from '../../protocol/money.ts';
import { totalTokens, type BudgetUse, type CostRecord } from '../../protocol/rows.ts';
import { HaiosError } from '../errors.ts';
import type { Ledger, LedgerLimit, LimitUse } from '../ports.ts';
import { endsAt, recentMs } from './ends-at.ts';
import type { ResourceLimit } from './limits.ts';
import { isPacing } from './pacing.ts';

/** Throws BUDGET_EXCEEDED if what a run or task has used passes a limit. Asked before each call, so it makes nothing. */
export function checkResources(limits: readonly ResourceLimit[], used: { run: CostRecord; task: CostRecord }): void {
  for (const limit of limits) {
    const amount = resourceOf(used[limit.scope], limit.resource);
    if (amount <= limit.limit) continue;
    throw new HaiosError(
      'BUDGET_EXCEEDED',
      `The ${limit.scope} has used ${said(limit.resource, amount)}, over its budget of ${said(limit.resource, limit.limit)}; no further call starts. Raise budgets.${limit.resource} and resume the run.`,
      { details: { limit, used: amount } },
    );
  }
}

/** What a run and its task have used of what is measured. */
export interface Used {
  readonly runId: string;
  readonly taskId: string;
  readonly run: CostRecord;
  readonly task: CostRecord;
}

/**
 * Budgets as people see them, the fullest first: those of the ledger, read in one go with what was used of late, and what
 * is measured. Throws LEDGER_*.
 */
export async function readBudgets(
  ledger: Pick<Ledger, 'use'>,
  limits: readonly LedgerLimit[],
  resources: readonly ResourceLimit[],
  used: Used,
  now: number,
): Promise<readonly BudgetUse[]> {
  const shown = limits.filter((limit) => limit.scope !== 'call' && !isPacing(limit));
  // What an hour, a day and a week of the same have in common is asked once.
  const late = new Map(shown.filter(({ window }) => window !== 'lifetime').map((limit) => [lateId(limit), limit]));
  const uses = await ledger.use([...shown, ...[...late.values()].map((limit) => lateLimit(limit, now))]);
  const recent = new Map([...late.keys()].map((id, at) => [id, uses[shown.length + at]?.settled ?? 0]));
  const budgets = shown.flatMap((limit, at) => {
    const use = uses[at];
    return use === undefined ? [] : [ledgerUse(limit, use, recent.get(lateId(limit)) ?? 0, now)];
  });
  return [...budgets, ...resources.map((limit) => resourceUse(limit, used))].sort((a, b) => b.ratio - a.ratio);
}

function ledgerUse(limit: LedgerLimit, use: LimitUse, recent: number, now: number): BudgetUse {
  const { name, resource, scope, key, window, limit: own, until: resetsAt } = limit;
  return {
    name,
    resource,
    scope,
    key,
    window,
    limit: use.limit,
    overridden: use.override === null ? null : { limit: own, until: use.override.until },
    used: use.settled,
    reserved: use.held,
    ratio: ratio(use.settled, use.limit),
    resetsAt,
    endsAt:
      window === 'lifetime' ? null : endsAt({ window, limit: use.limit, used: use.settled, recent, now, resetsAt }),
  };
}

function resourceUse({ name, resource, scope, limit }: ResourceLimit, used: Used): BudgetUse {
  const amount = resourceOf(used[scope], resource);
  return {
    name,
    resource,
    scope,
    key: scope === 'run' ? used.runId : used.taskId,
    window: 'lifetime',
    limit,
    overridden: null,
    used: amount,
    reserved: 0,
    ratio: ratio(amount, limit),
    resetsAt: null,
    endsAt: null,
  };
}

function lateId({ scope, key, workspace, runId, resource }: LedgerLimit): string {
  return JSON.stringify([scope, key, workspace, runId, resource]);
}

/** Asks for what was settled in the last while under the same scope. */
function lateLimit({ pace: _, ...limit }: LedgerLimit, now: number): LedgerLimit {
  return { ...limit, name: 'last 15 minutes', window: 'hour', since: now - recentMs, until: null };
}

function resourceOf(cost: CostRecord, resource: Resource): number {
  switch (resource) {
    case 'usd':
      return cost.nusd;
    case 'tokens':
      return totalTokens(cost.tokens);
    case 'cpu_seconds':
      return cost.cpuSeconds;
    case 'mem_bytes':
      return cost.memBytes;
    case 'disk_bytes':
      return Math.max(0, cost.diskBytes);
  }
}

function ratio(used: number, limit: number): number {
  if (limit > 0) return used / limit;
  return used > 0 ? Number.MAX_SAFE_INTEGER : 0;
}

function said(resource: Resource, amount: number): string {
  return resource === 'usd' ? `$${exactUsd(amount)}` : `${Math.round(amount * 1000) / 1000} ${resource}`;
}
