import { resources, type Resource } from '../../catalogue/states.ts';
import type { BudgetAmounts } from '../../protocol/rows.ts';

export type ParsedBudget =
  { readonly kind: 'budget'; readonly budget: BudgetAmounts } | { readonly kind: 'wrong'; readonly message: string };

const example = 'Write for example $1.50, or usd=1,tokens=50000.';

/** A budget as a person writes it: `$1.50`, `1.5`, or `usd=1,tokens=50000` as on the command line. Usd in dollars. */
export function parseBudget(text: string): ParsedBudget {
  const trimmed = text.trim();
  if (trimmed === '') return wrong(`The budget is empty. ${example}`);
  const parts = trimmed.includes('=') ? trimmed.split(',') : [`usd=${trimmed.replace(/^\$\s*/, '')}`];
  const budget: Partial<Record<Resource, number>> = {};
  for (const part of parts) {
    const [name = '', value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const resource = resources.find((known) => known === name);
    if (resource === undefined || rest.length > 0) {
      return wrong(`“${part.trim()}” names no resource; known are ${resources.join(', ')}. ${example}`);
    }
    if (budget[resource] !== undefined) return wrong(`The budget names ${resource} twice.`);
    const number = /^\d+(\.\d+)?$/.test(value.replace(/^\$/, '')) ? Number(value.replace(/^\$/, '')) : Number.NaN;
    if (!(number > 0 && number <= 1e15)) {
      return wrong(`“${value}” is no amount of ${resource}: give a number above 0. ${example}`);
    }
    if (resource !== 'usd' && resource !== 'cpu_seconds' && !Number.isInteger(number)) {
      return wrong(`“${value}” is no amount of ${resource}: give a whole number.`);
    }
    budget[resource] = number;
  }
  return { kind: 'budget', budget };
}

/** The other way round: `usd=1,tokens=50000`; empty for no budget. */
export function formatBudget(budget: BudgetAmounts): string {
  return resources
    .flatMap((resource) => (budget[resource] === undefined ? [] : [`${resource}=${budget[resource]}`]))
    .join(',');
}

function wrong(message: string): ParsedBudget {
  return { kind: 'wrong', message };
}
