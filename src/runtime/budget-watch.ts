import type { CoreEvent } from '../core/events.ts';
import type { BudgetUse } from '../protocol/rows.ts';

/**
 * The budgets in force: those of the runs at work, and those of the user and the workspaces that stay in force between
 * them. Tells once per budget, run and window when one passes `warnAt`.
 */
export class BudgetWatch {
  readonly #byRun = new Map<string, readonly BudgetUse[]>();
  readonly #warned = new Set<string>();
  readonly #warnAt: () => number;
  readonly #warn: (budget: BudgetUse, runId: string) => void;

  constructor(warnAt: () => number, warn: (budget: BudgetUse, runId: string) => void) {
    this.#warnAt = warnAt;
    this.#warn = warn;
  }

  observe(event: CoreEvent): boolean {
    if (event.type !== 'budget_changed') return false;
    // The newest run's view of a shared budget is the newest truth about it.
    this.#byRun.delete(event.runId);
    this.#byRun.set(event.runId, event.budgets);
    for (const old of [...this.#byRun.keys()].slice(0, -20)) this.#byRun.delete(old);
    for (const budget of event.budgets) {
      const id = JSON.stringify([budget.name, budget.resource, budget.scope, budget.key, budget.window]);
      if (budget.ratio < this.#warnAt()) this.#warned.delete(id);
      else if (!this.#warned.has(id)) {
        this.#warned.add(id);
        this.#warn(budget, event.runId);
      }
    }
    return true;
  }

  /** The fullest first. Budgets of a run or task are shown for the newest run only. */
  views(): readonly BudgetUse[] {
    const views = new Map<string, BudgetUse>();
    for (const budgets of this.#byRun.values()) {
      for (const budget of budgets) {
        const own = budget.scope === 'run' || budget.scope === 'task' || budget.scope === 'model';
        views.set(
          JSON.stringify([budget.name, budget.resource, budget.scope, own ? '' : budget.key, budget.window]),
          budget,
        );
      }
    }
    return [...views.values()].sort((a, b) => b.ratio - a.ratio);
  }
}
