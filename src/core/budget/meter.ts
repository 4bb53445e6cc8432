import type { Resource } from '../../catalogue/states.ts';
import { exactUsd } from '../../protocol/money.ts';
import { totalTokens, type BudgetUse, type CostRecord } from '../../protocol/rows.ts';
import { HaiosError } from '../errors.ts';
import type { LedgerLimit, LimitUse } from '../ports.ts';
import type { ResourceLimit } from './limits.ts';

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

/** Budgets as people see them, the fullest first. */
export function budgetUses(
  ledger: readonly { limit: LedgerLimit; use: LimitUse }[],
  resources: readonly ResourceLimit[],
  used: { runId: string; taskId: string; run: CostRecord; task: CostRecord },
): readonly BudgetUse[] {
  const uses: BudgetUse[] = ledger
    .filter(({ limit }) => limit.scope !== 'call')
    .map(({ limit: { name, resource, scope, key, window, limit: own, until }, use }) => ({
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
      resetsAt: until,
      endsAt: null,
    }));
  for (const { name, resource, scope, limit } of resources) {
    const amount = resourceOf(used[scope], resource);
    uses.push({
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
    });
  }
  return uses.sort((a, b) => b.ratio - a.ratio);
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
