import {
  amountText,
  budgetName,
  endOfWindow,
  overrideText,
  paceText,
  resetText,
  timeText,
} from '../../protocol/budget-words.ts';
import type { BudgetRef, BudgetUse } from '../../protocol/rows.ts';
import type { RunView } from '../../protocol/snapshot.ts';
import { oneLine, percent } from './text.ts';

export interface BudgetItem {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly value: BudgetUse;
}

/** Budgets to choose from, as they come, each with its figures. */
export function budgetItems(
  budgets: readonly BudgetUse[],
  runs: readonly Pick<RunView, 'runId' | 'g'>[],
  now: number,
): readonly BudgetItem[] {
  return budgets.map((use) => {
    const { resource, used, limit, ratio, reserved } = use;
    const run = use.scope === 'run' ? runs.find(({ runId }) => runId === use.key) : undefined;
    const name = oneLine(budgetName(use), 100);
    return {
      label: `${capital(name)}${run === undefined ? '' : ` of g${run.g}`}`,
      description: `${amountText(resource, used)} of ${amountText(resource, limit)} · ${percent(ratio)}`,
      detail: [
        resourceNames[resource],
        ...(reserved > 0 ? [`${amountText(resource, reserved)} held`] : []),
        ...[overrideText(use, now), resetText(use, now), paceText(use, now)].filter((part) => part !== null),
      ].join(' · '),
      value: use,
    };
  });
}

export interface UntilItem {
  readonly label: string;
  readonly description: string;
  /** Ms since the epoch; null: for good. */
  readonly value: number | null;
}

/** How long a new limit may hold; one item for a budget that never begins anew. */
export function untilItems(use: BudgetUse, now: number): readonly UntilItem[] {
  const end = endOfWindow(use, now);
  const forGood = { label: 'For good', description: 'Until it is set again', value: null };
  if (end === null) return [forGood];
  const label = use.window === 'hour' ? 'For one hour' : `For this ${use.window}`;
  return [{ label, description: `Until ${timeText(end, now)}, then as configured`, value: end }, forGood];
}

/** Whether a command was called on a budget. */
export function isBudgetRef(argument: unknown): argument is BudgetRef {
  if (typeof argument !== 'object' || argument === null) return false;
  const members: Readonly<Record<string, unknown>> = { ...argument };
  return ['name', 'resource', 'scope', 'key', 'window'].every((member) => typeof members[member] === 'string');
}

const resourceNames = {
  usd: 'Money',
  tokens: 'Tokens',
  cpu_seconds: 'Processor time',
  mem_bytes: 'Memory',
  disk_bytes: 'Disk',
} as const;

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
