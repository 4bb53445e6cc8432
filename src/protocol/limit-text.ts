import type { Resource } from '../catalogue/states.ts';
import { amountText, budgetName, overrideText } from './budget-words.ts';
import { exactUsd } from './money.ts';
import type { BudgetUse } from './rows.ts';
import { oneLine } from './text.ts';

export type ParsedLimit =
  { readonly kind: 'limit'; readonly limit: number } | { readonly kind: 'wrong'; readonly message: string };

/** A limit as a person writes it: `$2`, `50k`, `90`, `512 MiB`. The result is in the resource's unit, nano-dollars for usd. */
export function parseLimit(resource: Resource, text: string): ParsedLimit {
  const { pattern, example, read } = forms[resource];
  const written = text.trim();
  if (written === '') return wrong(`Write the new limit, for example ${example}.`);
  const match = pattern.exec(written);
  if (match === null) return wrong(`“${oneLine(written, 40)}” is no such amount. Write for example ${example}.`);
  const limit = read(match);
  if (limit <= 0) return wrong('The limit must be above 0.');
  if (!Number.isSafeInteger(Math.ceil(limit))) return wrong(`“${oneLine(written, 40)}” is too much.`);
  if (resource !== 'cpu_seconds' && !Number.isInteger(limit))
    return wrong(`Write a whole number of ${unit(resource)}.`);
  return { kind: 'limit', limit };
}

/** The other way round, as a person would write it. */
export function formatLimit(resource: Resource, limit: number): string {
  switch (resource) {
    case 'usd':
      return `$${exactUsd(limit)}`;
    case 'tokens':
    case 'cpu_seconds':
      return String(limit);
    case 'mem_bytes':
    case 'disk_bytes': {
      const step = byteUnits.findLast(({ bytes }) => limit >= bytes && limit % bytes === 0);
      return step === undefined ? String(limit) : `${limit / step.bytes} ${step.name}`;
    }
  }
}

/** What is asked, with the figures in force; the budget's key is text from outside. “New limit of the run budget in dollars. Now $1.00, $0.98 spent.” */
export function limitQuestion(use: BudgetUse, now: number): string {
  const { resource, used, reserved, limit } = use;
  const changed = overrideText(use, now);
  const figures = [
    `Now ${amountText(resource, limit)}${changed === null ? '' : ` (${changed})`}`,
    `${amountText(resource, used)} ${resource === 'usd' ? 'spent' : 'used'}`,
    ...(reserved > 0 ? [`${amountText(resource, reserved)} held for calls under way`] : []),
  ];
  return `New limit of the ${budgetName(use)} in ${unit(resource)}. ${figures.join(', ')}.`;
}

export function unit(resource: Resource): string {
  return {
    usd: 'dollars',
    tokens: 'tokens',
    cpu_seconds: 'seconds of processor time',
    mem_bytes: 'bytes',
    disk_bytes: 'bytes',
  }[resource];
}

interface Form {
  readonly pattern: RegExp;
  readonly example: string;
  readonly read: (match: RegExpExecArray) => number;
}

const byteUnits = [
  { name: 'KiB', bytes: 2 ** 10 },
  { name: 'MiB', bytes: 2 ** 20 },
  { name: 'GiB', bytes: 2 ** 30 },
  { name: 'TiB', bytes: 2 ** 40 },
] as const;

const bytes: Form = {
  pattern: /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b(?:ytes)?)?$/i,
  example: '512 MiB',
  read: ([, amount = '', prefix = '']) =>
    Number(amount) * (byteUnits.find(({ name }) => name[0] === prefix.toUpperCase())?.bytes ?? 1),
};

const forms: Readonly<Record<Resource, Form>> = {
  usd: {
    pattern: /^\$?\s*(\d{1,7})(?:\.(\d{1,9}))?$/,
    example: '$2.50',
    // Digits are moved, nothing is multiplied: 0.1 dollars are 100,000,000 nano-dollars and not nearly so.
    read: ([, whole = '0', fraction = '']) => Number(`${whole}${fraction.padEnd(9, '0')}`),
  },
  tokens: {
    pattern: /^(\d+(?:\.\d+)?)\s*(k|m)?(?:\s*tokens)?$/i,
    example: '50000, or 50k',
    read: ([, amount = '', suffix = '']) => Number(`${amount}e${{ k: 3, m: 6 }[suffix.toLowerCase()] ?? 0}`),
  },
  cpu_seconds: { pattern: /^(\d+(?:\.\d+)?)\s*s?$/i, example: '90', read: ([, amount = '']) => Number(amount) },
  mem_bytes: bytes,
  disk_bytes: bytes,
};

function wrong(message: string): ParsedLimit {
  return { kind: 'wrong', message };
}
