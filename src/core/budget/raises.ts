import type { Resource } from '../../catalogue/states.ts';
import { HaiosError } from '../errors.ts';
import { amountText } from './meter.ts';

/** Two round limits to choose from, about twice and four times the old one, each at least `least`. */
export function raisesFor(resource: Resource, limit: number, least: number): readonly number[] {
  const first = roundUp(resource, Math.max(2 * limit, least));
  return [first, roundUp(resource, Math.max(4 * limit, 1.5 * first))];
}

/** Throws BUDGET_DECISION unless a budget can have this limit; a person is told the least that would do. */
export function checkLimit(
  resource: Resource,
  { limit, until }: { readonly limit: number; readonly until: number | null },
  now: number,
  least = 0,
): void {
  const whole = resource !== 'cpu_seconds';
  if (!(whole ? Number.isSafeInteger(limit) : Number.isFinite(limit)) || limit < 0) {
    const unit = {
      usd: 'nano-dollars',
      tokens: 'tokens',
      cpu_seconds: 'seconds',
      mem_bytes: 'bytes',
      disk_bytes: 'bytes',
    };
    throw new HaiosError(
      'BUDGET_DECISION',
      `The new limit ${limit} is not a ${whole ? 'whole ' : ''}number of ${unit[resource]}, 0 or more; give such a number.`,
    );
  }
  if (limit < least) {
    throw new HaiosError(
      'BUDGET_DECISION',
      `The new limit of ${amountText(resource, limit)} does not allow the next call; give at least ${amountText(resource, least)}.`,
      { details: { least } },
    );
  }
  if (until !== null && !(Number.isFinite(until) && until > now)) {
    throw new HaiosError('BUDGET_DECISION', 'The new limit would end in the past; give a later moment, or none.');
  }
}

/** The next 1, 2 or 5 of a power of ten; of memory and disk the next power of two. */
function roundUp(resource: Resource, amount: number): number {
  if (amount <= 0) return 1;
  if (resource === 'mem_bytes' || resource === 'disk_bytes') return 2 ** Math.ceil(Math.log2(amount));
  const base = 10 ** Math.floor(Math.log10(amount));
  return ([1, 2, 5].find((step) => step * base >= amount) ?? 10) * base;
}
