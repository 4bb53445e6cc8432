import type { CostRecord } from './rows.ts';

// Money is integer nano-dollars (1e-9 USD): digits are moved, nothing is divided in floating point. What is no number
// at all is shown as `?`, never as nothing spent.

/** For people: `$1.23` and `$1,234.56` from a cent on (rounded half-up), three significant digits below: `$0.000123`. */
export function formatUsd(nusd: number): string {
  if (!Number.isFinite(nusd)) return '$?';
  const units = BigInt(Math.round(nusd));
  const sign = units < 0n ? '-' : '';
  const amount = units < 0n ? -units : units;
  const digits = amount.toString().length;
  const drop = amount === 0n || amount >= 10_000_000n ? 7n : BigInt(Math.max(0, digits - 3));
  const step = 10n ** drop;
  const rounded = ((amount + step / 2n) / step) * step;
  return `${sign}$${decimal(rounded, true)}`;
}

/** Every digit, at least two decimals, no sign of the currency and no grouping: `0.000412345`, `12.50`. */
export function exactUsd(nusd: number): string {
  if (!Number.isFinite(nusd)) return '?';
  const units = BigInt(Math.round(nusd));
  return units < 0n ? `-${decimal(-units, false)}` : decimal(units, false);
}

/** Whole numbers in groups of three: `1,234,567`. */
export function formatInteger(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return group(BigInt(Math.round(value)).toString());
}

/** A generation number as file names and reports carry it: three digits at least. */
export function formatG(g: number): string {
  return String(g).padStart(3, '0');
}

/**
 * The money of a record with what must be said beside it: `$1.23`, `~$1.23` (partly estimated), `unpriced` (nothing of
 * it has a price), `$1.23 + 2 unpriced`.
 */
export function formatCost(cost: Pick<CostRecord, 'nusd' | 'estimated' | 'unpricedCalls'>): string {
  const usd = `${cost.estimated ? '~' : ''}${formatUsd(cost.nusd)}`;
  if (cost.unpricedCalls === 0) return usd;
  return cost.nusd === 0 ? 'unpriced' : `${usd} + ${cost.unpricedCalls} unpriced`;
}

function decimal(amount: bigint, grouped: boolean): string {
  const digits = amount.toString().padStart(10, '0');
  const whole = digits.slice(0, -9);
  const fraction = digits.slice(-9).replace(/0{1,7}$/, '');
  return `${grouped ? group(whole) : whole}.${fraction}`;
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
