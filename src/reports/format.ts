import type { CostRecord, Tokens } from '../protocol/rows.ts';
import { formatUsd } from '../protocol/money.ts';

/** Milliseconds: `850 ms`, `12.3 s`, `1 m 05 s`, `2 h 03 m`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '?';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} m`;
}

/** Milliseconds since the epoch as ISO 8601 in UTC; `?` for no time at all. */
export function isoTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString();
}

/**
 * The money of a record with what must be said beside it: `$1.23`, `~$1.23` (partly estimated), `unpriced` (nothing of
 * it has a price), `$1.23 + 2 unpriced`.
 */
export function moneyOf(cost: Pick<CostRecord, 'nusd' | 'estimated' | 'unpricedCalls'>): string {
  const usd = `${cost.estimated ? '~' : ''}${formatUsd(cost.nusd)}`;
  if (cost.unpricedCalls === 0) return usd;
  return cost.nusd === 0 ? 'unpriced' : `${usd} + ${cost.unpricedCalls} unpriced`;
}

export const bucketNames: Readonly<Record<keyof Tokens, string>> = {
  input: 'input',
  cache_read: 'cache read',
  cache_write: 'cache write',
  output: 'output',
  reasoning: 'reasoning',
};

export const buckets = Object.keys(bucketNames) as readonly (keyof Tokens)[];
