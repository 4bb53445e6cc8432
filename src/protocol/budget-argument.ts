import { resources, type Resource } from '../catalogue/states.ts';
import type { BudgetAmounts } from './rows.ts';

export type ParsedBudget =
  { readonly ok: true; readonly budget: BudgetAmounts } | { readonly ok: false; readonly message: string };

const most: Record<Resource, number> = {
  usd: 1e6,
  tokens: 1e12,
  cpu_seconds: 1e9,
  mem_bytes: 2 ** 50,
  disk_bytes: 2 ** 50,
};

/**
 * Reads `usd=1,tokens=50000`. usd in dollars with at most 9 decimals, seconds with at most 3, the rest whole numbers.
 * What is not wholly understood is refused with a sentence that names field, value and remedy; nothing becomes “no limit”.
 */
export function parseBudget(text: string): ParsedBudget {
  const budget: BudgetAmounts = {};
  if (text.length > 1000) return wrong(`budget: it has ${text.length} characters; at most 1000 are read. Shorten it.`);
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    const resource = resources.find((candidate) => candidate === name);
    if (resource === undefined) {
      return wrong(
        `budget: ${quoted(part.trim())} is not understood. Write for instance usd=1,tokens=50000 (${resources.join(', ')}).`,
      );
    }
    if (budget[resource] !== undefined) return wrong(`budget: ${resource} is given twice. Keep one.`);
    const amount = amountOf(resource, value);
    if (amount === null) return wrong(`budget: ${resource} is ${quoted(value)}; it must be ${allowed(resource)}.`);
    budget[resource] = amount;
  }
  return { ok: true, budget };
}

function amountOf(resource: Resource, value: string): number | null {
  const form =
    resource === 'usd' ? /^\d{1,7}(\.\d{1,9})?$/ : resource === 'cpu_seconds' ? /^\d{1,10}(\.\d{1,3})?$/ : /^\d{1,16}$/;
  const amount = form.test(value) ? Number(value) : Number.NaN;
  return amount <= most[resource] ? amount : null;
}

function allowed(resource: Resource): string {
  const kind =
    resource === 'usd'
      ? 'a number of US dollars'
      : resource === 'cpu_seconds'
        ? 'a number of seconds'
        : 'a whole number';
  return `${kind} from 0 to ${most[resource]}`;
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
}

function wrong(message: string): ParsedBudget {
  return { ok: false, message };
}
