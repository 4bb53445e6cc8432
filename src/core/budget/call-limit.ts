import { exactUsd } from '../../protocol/money.ts';
import type { OverrideRow } from '../../protocol/rows.ts';
import { HaiosError } from '../errors.ts';
import type { Observer } from '../events.ts';
import type { Ask, Ledger, LedgerLimit } from '../ports.ts';
import { callLimit, reserved, type BudgetSources } from './limits.ts';
import { toNano } from './money.ts';

export interface CallLimitDeps {
  readonly ledger: Pick<Ledger, 'overrides'>;
  readonly observe: Observer;
}

/**
 * Holds one call to `budgets.call`, before anything is held for it. What a person set in its place for the run counts
 * instead; the ledger is asked for it only when the call does not fit. Throws BUDGET_EXCEEDED with the limit and its
 * figures, as `hold` does, or LEDGER_*.
 */
export async function checkCall(budget: BudgetSources, ask: Ask, { ledger, observe }: CallLimitDeps): Promise<void> {
  for (const resource of reserved) {
    const amount = callLimit(budget, resource);
    if (amount === undefined) continue;
    const asked = resource === 'usd' ? ask.nusd : ask.tokens;
    const limit = limitOf(resource, resource === 'usd' ? toNano(amount) : amount, ask.runId);
    if (asked <= limit.limit) continue;
    const override = (await ledger.overrides(ask.at)).find((row) => isOf(row, limit)) ?? null;
    const inForce = override?.limit ?? limit.limit;
    if (asked <= inForce) continue;
    observe({ type: 'budget_refused', name: limit.name, resource, scope: limit.scope, runId: ask.runId });
    const said = (n: number): string => (resource === 'usd' ? `$${exactUsd(n)}` : `${n} tokens`);
    throw new HaiosError(
      'BUDGET_EXCEEDED',
      `The call may cost up to ${said(asked)}, and budgets.call.${resource} allows ${said(inForce)} for one; it was not made. Raise budgets.call.${resource} and resume the run.`,
      {
        details: {
          limit,
          use: { settled: 0, held: 0, limit: inForce, override, freesAt: null },
          asked,
          kind: 'refused',
          freesAt: null,
        },
      },
    );
  }
}

function limitOf(resource: 'usd' | 'tokens', limit: number, runId: string): LedgerLimit {
  return { name: 'call', resource, scope: 'call', key: runId, window: 'lifetime', limit, since: 0, until: null };
}

function isOf(row: OverrideRow, { name, resource, scope, key }: LedgerLimit): boolean {
  return row.name === name && row.resource === resource && row.scope === scope && row.key === key;
}
