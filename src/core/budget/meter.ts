import type { Resource } from '../../catalogue/states.ts';
import { exactUsd } from '../../protocol/money.ts';
import { totalTokens, type BudgetRef, type BudgetUse, type CostRecord, type OverrideRow } from '../../protocol/rows.ts';
import { HaiosError } from '../errors.ts';
import type { LedgerLimit, LimitUse } from '../ports.ts';
import type { ResourceLimit } from './limits.ts';

/**
 * Throws BUDGET_EXCEEDED if what a run or task has used passes a limit, or what a person set in its place. Asked before
 * each call, so it makes nothing.
 */
export function checkResources(
  limits: readonly ResourceLimit[],
  used: { run: CostRecord; task: CostRecord },
  inForce: (limit: ResourceLimit) => number = ({ limit }) => limit,
): void {
  for (const limit of limits) {
    const amount = resourceOf(used[limit.scope], limit.resource);
    const allowed = inForce(limit);
    if (amount <= allowed) continue;
    throw new HaiosError(
      'BUDGET_EXCEEDED',
      `The ${limit.scope} has used ${amountText(limit.resource, amount)}, over its budget of ${amountText(limit.resource, allowed)}; no further call starts. Raise budgets.${limit.resource} and resume the run.`,
      { details: { limit, used: amount } },
    );
  }
}

/** What is used of the limits that are measured, and whose they are. */
export interface Measured {
  readonly runId: string;
  readonly taskId: string;
  readonly run: CostRecord;
  readonly task: CostRecord;
}

/** Budgets as people see them, the fullest first. `overrideOf` knows what a person set in the place of a measured limit. */
export function budgetUses(
  ledger: readonly { limit: LedgerLimit; use: LimitUse }[],
  resources: readonly ResourceLimit[],
  used: Measured,
  overrideOf: (budget: BudgetRef) => OverrideRow | null = () => null,
): readonly BudgetUse[] {
  return [
    ...ledger.filter(({ limit }) => limit.scope !== 'call').map(({ limit, use }) => ledgerUse(limit, use)),
    ...resources.map((limit) => measuredUse(limit, used, overrideOf)),
  ].sort((a, b) => b.ratio - a.ratio);
}

/** A limit that the ledger holds, with its figures. */
export function ledgerUse(
  { name, paces, resource, scope, key, window, limit: own, until }: LedgerLimit,
  use: LimitUse,
): BudgetUse {
  return {
    name: paces ?? name,
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
  };
}

/** A limit that is measured between calls, with its figures. */
export function measuredUse(
  own: ResourceLimit,
  used: Measured,
  overrideOf: (budget: BudgetRef) => OverrideRow | null,
): BudgetUse {
  const budget = measuredRef(own, used);
  const override = overrideOf(budget);
  const limit = override?.limit ?? own.limit;
  const amount = resourceOf(used[own.scope], own.resource);
  return {
    ...budget,
    limit,
    overridden: override === null ? null : { limit: own.limit, until: override.until },
    used: amount,
    reserved: 0,
    ratio: ratio(amount, limit),
    resetsAt: null,
    endsAt: null,
  };
}

export function measuredRef(
  { name, resource, scope }: ResourceLimit,
  { runId, taskId }: { readonly runId: string; readonly taskId: string },
): BudgetRef {
  return { name, resource, scope, key: scope === 'run' ? runId : taskId, window: 'lifetime' };
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

/** `used` / `limit`; of a limit of 0 anything is too much. */
export function ratio(used: number, limit: number): number {
  if (limit > 0) return used / limit;
  return used > 0 ? Number.MAX_SAFE_INTEGER : 0;
}

export function amountText(resource: Resource, amount: number): string {
  return resource === 'usd' ? `$${exactUsd(amount)}` : `${Math.round(amount * 1000) / 1000} ${resource}`;
}
