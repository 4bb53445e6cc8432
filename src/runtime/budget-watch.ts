import { ratio } from '../core/budget/meter.ts';
import { budgetId } from '../core/budget/overrides.ts';
import type { CoreEvent } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';
import type { BudgetUse, OverrideRow } from '../protocol/rows.ts';

const hourMs = 3_600_000;
const warningsKept = 1000;

/**
 * The budgets in force: those of the runs at work, and those of the user and the workspaces that stay in force between
 * them. Tells once per budget and window when one passes `warnAt`, and once more when its limit was changed.
 */
export class BudgetWatch {
  readonly #byRun = new Map<string, readonly BudgetUse[]>();
  readonly #warned = new Map<string, Pick<BudgetUse, 'limit' | 'resetsAt'> & { readonly at: number }>();
  readonly #warnAt: () => number;
  readonly #clock: Clock;
  readonly #warn: (budget: BudgetUse, runId: string) => void;

  constructor(warnAt: () => number, clock: Clock, warn: (budget: BudgetUse, runId: string) => void) {
    this.#warnAt = warnAt;
    this.#clock = clock;
    this.#warn = warn;
  }

  observe(event: CoreEvent): boolean {
    switch (event.type) {
      case 'budget_changed':
        this.#keep(event.runId, event.budgets);
        for (const budget of event.budgets) this.#warnOf(budget, event.runId);
        return true;
      case 'budget_overridden':
        // Shown at once; the next figures from the ledger say the same.
        for (const [runId, budgets] of this.#byRun) {
          this.#byRun.set(
            runId,
            budgets.map((budget) => overridden(budget, event.override)),
          );
        }
        return true;
      default:
        return false;
    }
  }

  /** The fullest first. Budgets of a run or task are shown for the newest run only. */
  views(): readonly BudgetUse[] {
    const views = new Map<string, BudgetUse>();
    for (const budgets of this.#byRun.values()) {
      for (const budget of budgets) {
        const own = budget.scope === 'run' || budget.scope === 'task' || budget.scope === 'model';
        views.set(budgetId(own ? { ...budget, key: '' } : budget), budget);
      }
    }
    return [...views.values()].sort((a, b) => b.ratio - a.ratio);
  }

  #keep(runId: string, budgets: readonly BudgetUse[]): void {
    // The newest run's view of a shared budget is the newest truth about it.
    this.#byRun.delete(runId);
    this.#byRun.set(runId, budgets);
    for (const old of [...this.#byRun.keys()].slice(0, -20)) this.#byRun.delete(old);
  }

  #warnOf(budget: BudgetUse, runId: string): void {
    if (budget.ratio < this.#warnAt()) return;
    const id = budgetId(budget);
    const { limit, resetsAt, window } = budget;
    const now = this.#clock.now();
    const last = this.#warned.get(id);
    const sameWindow = last?.resetsAt === resetsAt && !(window === 'hour' && now >= last.at + hourMs);
    if (last !== undefined && sameWindow && last.limit === limit) return;
    this.#warned.delete(id);
    this.#warned.set(id, { limit, resetsAt, at: now });
    for (const old of [...this.#warned.keys()].slice(0, -warningsKept)) this.#warned.delete(old);
    this.#warn(budget, runId);
  }
}

function overridden(budget: BudgetUse, override: OverrideRow): BudgetUse {
  if (budgetId(budget) !== budgetId(override)) return budget;
  const { limit, until } = override;
  const own = budget.overridden?.limit ?? budget.limit;
  return { ...budget, limit, ratio: ratio(budget.used, limit), overridden: { limit: own, until } };
}
