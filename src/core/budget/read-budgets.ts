import type { BudgetRef, BudgetUse } from '../../protocol/rows.ts';
import type { Ledger, LedgerLimit, LimitUse } from '../ports.ts';
import { endsAt, recentMs } from './ends-at.ts';
import { isPacing } from './pacing.ts';

/**
 * Budgets with their figures from the ledger, folded by `shown`, and when those of a window end at the pace of the last
 * while. The ledger is asked once for all of it. Throws LEDGER_*.
 */
export async function readBudgets(
  ledger: Pick<Ledger, 'use'>,
  limits: readonly LedgerLimit[],
  now: number,
  shown: (pairs: readonly { limit: LedgerLimit; use: LimitUse }[]) => readonly BudgetUse[],
): Promise<readonly BudgetUse[]> {
  const budgets = limits.filter((limit) => limit.scope !== 'call' && !isPacing(limit));
  // What an hour, a day and a week of the same have in common is asked once.
  const windowed = new Map(budgets.filter(({ window }) => window !== 'lifetime').map((of) => [callsOf(of), of]));
  const asked = [...budgets, ...[...windowed.values()].map((limit) => recentLimit(limit, now))];
  const uses = await ledger.use(asked);
  const recent = new Map([...windowed.keys()].map((id, at) => [id, uses[budgets.length + at]?.settled ?? 0]));
  const pairs = budgets.flatMap((limit, at) => {
    const use = uses[at];
    return use === undefined ? [] : [{ limit, use }];
  });
  const ends = new Map(pairs.map((pair) => [refOf(pair.limit), endOf(pair, recent, now)]));
  return shown(pairs).map((budget) => ({ ...budget, endsAt: ends.get(refOf(budget)) ?? null }));
}

function endOf(
  { limit, use }: { limit: LedgerLimit; use: LimitUse },
  recent: ReadonlyMap<string, number>,
  now: number,
): number | null {
  const { window, until: resetsAt } = limit;
  if (window === 'lifetime') return null;
  return endsAt({
    window,
    limit: use.limit,
    used: use.settled,
    recent: recent.get(callsOf(limit)) ?? 0,
    now,
    resetsAt,
  });
}

/** Asks for what was settled in the last while of the calls that a limit counts. */
function recentLimit({ pace: _, ...limit }: LedgerLimit, now: number): LedgerLimit {
  return { ...limit, name: 'last 15 minutes', window: 'hour', since: now - recentMs, until: null };
}

/** The same text for limits that count the same calls. */
function callsOf({ scope, key, workspace, runId, resource }: LedgerLimit): string {
  return JSON.stringify([scope, key, workspace, runId, resource]);
}

function refOf({ name, resource, scope, key, window }: BudgetRef): string {
  return JSON.stringify([name, resource, scope, key, window]);
}
