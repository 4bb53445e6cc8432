import type { Tokens } from '../protocol/rows.ts';

/** Milliseconds since the epoch as ISO 8601 in UTC; `?` for no time at all. */
export function isoTime(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString();
}

export const bucketNames: Readonly<Record<keyof Tokens, string>> = {
  input: 'input',
  cache_read: 'cache read',
  cache_write: 'cache write',
  cache_write_1h: 'cache write 1 h',
  output: 'output',
  reasoning: 'reasoning',
};

export const buckets = Object.keys(bucketNames) as readonly (keyof Tokens)[];

/** How long a time is: whole days (of 23 to 25 hours), or hours below one. */
export function lengthOf(since: number, until: number): string {
  const hours = Math.round((until - since) / 3_600_000);
  const [count, unit] = hours < 23 ? [hours, 'hour'] : [Math.round(hours / 24), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
