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
