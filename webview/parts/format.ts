import type { Resource } from '../../src/catalogue/states.ts';
import { totalTokens } from '../../src/protocol/rows.ts';
import type { Tokens } from '../../src/protocol/rows.ts';

/** What stands where a number is not known. */
export const unknown = '–';
/** Narrow no-break space: separates thousands, and a number from its unit. */
export const thin = '\u202f';

/** Whole numbers in groups of three: `1 234 567`. */
export function integer(value: number): string {
  if (!Number.isFinite(value)) return unknown;
  const rounded = Math.round(value);
  const digits = String(Math.abs(rounded)).replace(/\B(?=(\d{3})+(?!\d))/g, thin);
  return rounded < 0 ? `−${digits}` : digits;
}

/** A count in at most four characters and a unit: `850`, `48.2k`, `1.95M`. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return unknown;
  if (value < 999.5) return integer(value);
  const [size, unit] = value < 999_950 ? [value / 1e3, 'k'] : [value / 1e6, 'M'];
  return `${Number(size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0))}${unit}`;
}

/**
 * Nano-dollars as a person reads them, rounded half up: `$1.23` from a dollar on, `$0.0412` below it.
 * `decimals` fixes the places, so that a column stands in line; what would round to nothing is `<$0.0001`.
 */
export function usd(nusd: number, decimals?: 2 | 4): string {
  if (!Number.isFinite(nusd)) return unknown;
  if (nusd < 0) return `−${usd(-nusd, decimals)}`;
  const places = decimals ?? (nusd === 0 || nusd >= 1e9 ? 2 : 4);
  const unit = 10 ** (9 - places);
  const units = Math.floor((nusd + unit / 2) / unit);
  if (units === 0 && nusd > 0) return `<$${(10 ** -places).toFixed(places)}`;
  const whole = Math.floor(units / 10 ** places);
  return `$${integer(whole)}.${String(units % 10 ** places).padStart(places, '0')}`;
}

/** Every digit of an amount: `$0.000412345`; at least two decimals. */
export function usdExact(nusd: number): string {
  if (!Number.isFinite(nusd)) return unknown;
  const sign = nusd < 0 ? '−' : '';
  const abs = Math.abs(Math.round(nusd));
  const fraction = String(abs % 1e9)
    .padStart(9, '0')
    .replace(/0{1,7}$/, '');
  return `${sign}$${integer(Math.floor(abs / 1e9))}.${fraction}`;
}

/** The places that suit a whole column: four if all of it is under a dollar, or some amount under ten cents. */
export function columnDecimals(amounts: readonly number[]): 2 | 4 {
  const spent = amounts.map(Math.abs).filter((nusd) => nusd > 0);
  return spent.length > 0 && (Math.max(...spent) < 1e9 || Math.min(...spent) < 1e8) ? 4 : 2;
}

/** Milliseconds: `850 ms`, `12s`, `1m 05s`, `2h 03m 09s`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return unknown;
  if (ms < 1000) return `${Math.floor(ms)}${thin}ms`;
  return elapsed(ms);
}

/** As `duration`, but in whole seconds from `0s` on: for a clock that ticks. */
export function elapsed(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return unknown;
  const total = Math.floor(ms / 1000);
  const s = total % 60;
  const m = Math.floor(total / 60) % 60;
  const h = Math.floor(total / 3600);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (h > 0) return `${h}h ${two(m)}m ${two(s)}s`;
  return m > 0 ? `${m}m ${two(s)}s` : `${s}s`;
}

/** Bytes in binary units, three digits: `512 MiB`, `1.25 GiB`. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return unknown;
  if (value < 0) return `−${bytes(-value)}`;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  let rest = value;
  while (step < units.length - 1 && Math.round(rest) >= 1024) {
    rest /= 1024;
    step += 1;
  }
  const places = step === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${Number(rest.toFixed(places))}${thin}${units[step] ?? 'B'}`;
}

/** Processor time: `0.42 s`, `12.3 s`, then as a duration. */
export function cpu(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return unknown;
  if (seconds >= 60) return elapsed(seconds * 1000);
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)}${thin}s`;
}

/** A ratio as a floored percentage: `24 %`. */
export function percent(ratio: number): string {
  return Number.isFinite(ratio) ? `${integer(Math.floor(ratio * 100 + 1e-9))}${thin}%` : unknown;
}

/** An amount in the resource's own unit; usd is nano-dollars. */
export function amount(resource: Resource, value: number): string {
  switch (resource) {
    case 'usd':
      return usd(value);
    case 'tokens':
      return integer(value);
    case 'cpu_seconds':
      return cpu(value);
    case 'mem_bytes':
    case 'disk_bytes':
      return bytes(value);
  }
}

/** As `amount`, every digit, with its unit. */
export function amountExact(resource: Resource, value: number): string {
  switch (resource) {
    case 'usd':
      return usdExact(value);
    case 'tokens':
      return `${integer(value)} tokens`;
    case 'cpu_seconds':
      return `${value} s`;
    case 'mem_bytes':
    case 'disk_bytes':
      return `${integer(value)} bytes`;
  }
}

export const resourceNames: Readonly<Record<Resource, string>> = {
  usd: 'Money',
  tokens: 'Tokens',
  cpu_seconds: 'Processor time',
  mem_bytes: 'Memory, peak',
  disk_bytes: 'Disk',
};

/** The buckets of a token count, one a line, for a tooltip. */
export function tokenLines(tokens: Tokens): string {
  return [
    `input ${integer(tokens.input)}`,
    `cache read ${integer(tokens.cache_read)}`,
    `cache write ${integer(tokens.cache_write)}`,
    `cache write 1 h ${integer(tokens.cache_write_1h)}`,
    `output ${integer(tokens.output)}`,
    `reasoning ${integer(tokens.reasoning)}`,
    `total ${integer(totalTokens(tokens))}`,
  ].join('\n');
}

/** Local time of day, `14:03:09`; `at` is milliseconds since the epoch. */
export function clock(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return unknown;
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

/** Local date and time, `2026-11-22 14:03:09`. */
export function dateTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return unknown;
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((n) => String(n).padStart(2, '0'))
    .join('-');
  return `${day} ${clock(at)}`;
}

/** `waiting_for` → `waiting for`. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}
