import { exactUsd, formatInteger } from '../../protocol/money.ts';
import type { BudgetUse } from '../../protocol/rows.ts';
import { refusals, type CostReport } from '../cost-facts.ts';
import { markdownText } from '../escape.ts';
import { isoTime } from '../format.ts';
import { table } from './table.ts';

/** The budgets in force when the report was written, and how many runs one stopped in its time. */
export function budgetUse(report: CostReport): string {
  const { budgets } = report;
  const stopped = refusals(report);
  const lines =
    stopped === 0
      ? 'In this time no run was stopped by a budget.'
      : `In this time a budget stopped a run ${stopped === 1 ? 'once' : `${formatInteger(stopped)} times`}: see Issues.`;
  if (budgets.length === 0) return `No budget was in force when this was written. ${lines}`;
  const rows = budgets.map((budget) => [
    markdownText(budget.name),
    markdownText(budget.scope === 'user' ? 'user' : `${budget.scope} ${budget.key}`, 80),
    budget.window,
    budget.resource,
    amount(budget, budget.limit) +
      (budget.overridden === null ? '' : ` (set by a person; ${amount(budget, budget.overridden.limit)} before)`),
    amount(budget, budget.used),
    amount(budget, budget.reserved),
    `${(100 * budget.ratio).toFixed(1)} %`,
  ]);
  const head = ['budget', 'of', 'window', 'resource', 'limit', 'used', 'reserved', 'share'];
  return `In force ${isoTime(report.at)}:\n\n${table(head, (i) => i > 3, rows)}\n\n${lines}`;
}

function amount({ resource }: BudgetUse, value: number): string {
  if (resource === 'usd') return `${exactUsd(value)} USD`;
  return resource === 'cpu_seconds' ? value.toFixed(3) : formatInteger(value);
}
