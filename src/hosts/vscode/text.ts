import type { Resource } from '../../catalogue/states.ts';
import type { CostRecord } from '../../protocol/rows.ts';

const nusdPerUsd = 1_000_000_000;

/** Nano-dollars as dollars, rounded down: cents, or four digits below one cent. */
export function usd(nusd: number): string {
  const cent = nusdPerUsd / 100;
  if (nusd <= 0) return '$0.00';
  if (nusd >= cent) return `$${fixed(Math.floor(nusd / cent), 2)}`;
  const small = Math.floor(nusd / (nusdPerUsd / 10_000));
  return small === 0 ? '<$0.0001' : `$${fixed(small, 4)}`;
}

/** Tokens, marked when some of them are an estimate. */
export function tokensText(tokens: number, estimated: boolean): string {
  return `${estimated ? '≈ ' : ''}${count(tokens)} tokens`;
}

/** The money of a record with what must be said beside it. */
export function moneyText(
  cost: Pick<CostRecord, 'nusd' | 'estimated' | 'unpricedCalls'>,
  priceAs: string | null,
): string {
  const money = `${cost.estimated ? '≈ ' : ''}${usd(cost.nusd)}${priceAs === null ? '' : ` as ${oneLine(priceAs, 40)}`}`;
  if (cost.unpricedCalls === 0) return money;
  return cost.nusd === 0 ? 'unpriced' : `${money} + ${cost.unpricedCalls} unpriced`;
}

/** An amount of a resource as budgets hold it (usd in nano-dollars), rounded down. */
export function amount(resource: Resource, value: number): string {
  switch (resource) {
    case 'usd':
      return usd(value);
    case 'tokens':
      return `${count(value)} tokens`;
    case 'cpu_seconds':
      return `${count(Math.floor(value))} cpu s`;
    case 'mem_bytes':
    case 'disk_bytes':
      return bytes(value);
  }
}

/** 999, 12.3k, 2M. */
export function count(value: number): string {
  if (Math.abs(value) < 10_000) return Math.floor(value).toLocaleString('en-US');
  if (Math.abs(value) < 1_000_000) return `${trim(value / 1000)}k`;
  return `${trim(value / 1_000_000)}M`;
}

export function bytes(value: number): string {
  if (Math.abs(value) < 1024) return `${Math.floor(value)} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let rest = value / 1024;
  let unit = 0;
  while (Math.abs(rest) >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${trim(rest)} ${units[unit] ?? ''}`;
}

/** 850 ms, 3.2 s, 2 m 05 s, 1 h 02 m. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1000)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} m`;
}

/** Whole percent, rounded down. */
export function percent(ratio: number): string {
  return `${Math.floor(ratio * 100 + 1e-9)} %`;
}

/** One line of untrusted text: control characters out, cut, and no `$(icon)` left for places that draw those. */
export function oneLine(text: string, max = 80): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replaceAll('$(', '$ (')
    .trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

function fixed(whole: number, digits: number): string {
  const text = String(whole).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function trim(value: number): string {
  return (Math.floor(value * 10) / 10).toFixed(1).replace(/\.0$/, '');
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
