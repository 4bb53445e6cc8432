import { ledgerLimits } from '../core/budget/limits.ts';
import { budgetUses } from '../core/budget/meter.ts';
import { readBudgets } from '../core/budget/read-budgets.ts';
import type { Ledger } from '../core/ports.ts';
import { noCost, type BudgetUse } from '../protocol/rows.ts';
import type { Loaded } from './config-store.ts';

/** The budgets that are in force with no run at work: those of the user, the workspace, and of models and agents in a window. */
export async function idleBudgets(
  loaded: Loaded,
  workspace: string | null,
  ledger: Ledger,
  now: number,
): Promise<readonly BudgetUse[]> {
  const sources = {
    file: loaded.file.budgets ?? {},
    settings: loaded.settings.budgets ?? {},
    defaults: {},
    run: {},
    windows: loaded.config.window_limits,
  };
  const subject = { runId: '', taskId: '', agent: null, model: null, workspace };
  const limits = ledgerLimits(sources, subject, now).filter(
    ({ scope, runId }) => scope !== 'run' && scope !== 'task' && runId === undefined,
  );
  const nothing = { runId: '', taskId: '', run: noCost, task: noCost };
  return readBudgets(ledger, limits, now, (pairs) => budgetUses(pairs, [], nothing));
}
