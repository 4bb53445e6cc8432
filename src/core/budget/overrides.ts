import type { BudgetRef, OverrideRow } from '../../protocol/rows.ts';
import type { Observer } from '../events.ts';
import type { Clock, Ids, Ledger } from '../ports.ts';

/** The same text for the same budget. */
export function budgetId({ name, resource, scope, key, window }: BudgetRef): string {
  return JSON.stringify([name, resource, scope, key, window]);
}

export interface OverridesDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly observe: Observer;
}

/** The limits that people set in the place of a budget's own, as last read from the ledger that all windows share. */
export class Overrides {
  readonly #deps: OverridesDeps;
  #rows: ReadonlyMap<string, OverrideRow> = new Map();

  constructor(deps: OverridesDeps) {
    this.#deps = deps;
  }

  /** Throws LEDGER_*; what was read before stays then. */
  async read(): Promise<void> {
    const { ledger, clock } = this.#deps;
    const rows = await ledger.overrides(clock.now());
    this.#rows = new Map(rows.map((row) => [budgetId(row), row]));
  }

  /** Asked before each call: free while there is none. */
  of(budget: BudgetRef): OverrideRow | null {
    if (this.#rows.size === 0) return null;
    const row = this.#rows.get(budgetId(budget));
    return row === undefined || (row.until !== null && row.until <= this.#deps.clock.now()) ? null : row;
  }

  /** Puts the limit (nano-dollars, or the resource's unit) in force for all windows of the user. Throws LEDGER_*. */
  async set({ name, resource, scope, key, window }: BudgetRef, limit: number, until: number | null): Promise<void> {
    const { ledger, clock, ids, observe } = this.#deps;
    const row = { overrideId: ids.unique(), at: clock.now(), name, resource, scope, key, window, limit, until };
    await ledger.override(row);
    await this.read();
    observe({ type: 'budget_overridden', override: row });
  }
}
