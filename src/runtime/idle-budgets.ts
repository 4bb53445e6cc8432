import { ledgerLimits } from '../core/budget/limits.ts';
import { budgetUses } from '../core/budget/meter.ts';
import type { Ledger } from '../core/ports.ts';
import { noCost, type BudgetUse } from '../protocol/rows.ts';
import type { Loaded } from './config-store.ts';

/** The budgets that are in force with no run at work: those of an hour, a day, a week. */
export async function idleBudgets(
  loaded: Loaded,
  workspace: string | null,
  ledger: Ledger,
  now: number,
): Promise<readonly BudgetUse[]> {
  const sources = {
    file: loaded.file.budgets ?? {},
    settings: loaded.settings.budgets ?? {},
    defaults: loaded.config.budgets,
    run: {},
    windows: loaded.config.window_limits,
  };
  const limits = ledgerLimits(sources, { runId: '', taskId: '', model: '', workspace }, now).filter(
    ({ window }) => window !== 'lifetime',
  );
  const uses = await ledger.use(limits);
  const pairs = limits.flatMap((limit, at) => {
    const use = uses[at];
    return use === undefined ? [] : [{ limit, use }];
  });
  return budgetUses(pairs, [], { runId: '', taskId: '', run: noCost, task: noCost });
}
