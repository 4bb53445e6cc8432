import type { Tokens } from '../../protocol/rows.ts';
import type { ReadUsage } from './reader.ts';

export type Fields = Readonly<Record<string, unknown>>;

// Far above any context window, far below what a wrapped 32-bit counter shows.
const mostTokens = 1_000_000_000;

/** A usage that cannot be true; the message names the field and its value. */
class Malformed extends Error {}

/** Refuses the usage being read. */
export function refuse(reason: string): never {
  throw new Malformed(reason);
}

/** Runs a mapping over what the provider sent. Nothing sent is no usage; what `map` refuses is an unusable one. */
export function readCounts(raw: unknown, map: (usage: Fields) => Tokens | null): ReadUsage {
  if (raw === undefined || raw === null) return { tokens: null };
  try {
    if (!isFields(raw)) refuse(`usage is ${describe(raw)}, not an object`);
    const tokens = map(raw);
    if (tokens !== null && Object.values(tokens).every((count) => count === 0)) refuse('usage: all counts are 0');
    return { tokens };
  } catch (error) {
    if (error instanceof Malformed) return { tokens: null, error: error.message };
    throw error;
  }
}

/** A count, or undefined where the provider gives none. `path` is where the fields stand, e.g. `usage`. */
export function countIn(fields: Fields, path: string, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    refuse(`${path}.${name} is ${describe(value)}, not a whole number of tokens`);
  }
  if (value > mostTokens) refuse(`${path}.${name} is ${value}, more than any model takes`);
  return value;
}

/** The two counts every usage has: both or none, else it is refused. */
export function inAndOut(
  fields: Fields,
  path: string,
  names: readonly [input: string, output: string],
): readonly [number, number] | null {
  const [input, output] = [countIn(fields, path, names[0]), countIn(fields, path, names[1])];
  if (input === undefined && output === undefined) return null;
  if (input === undefined) refuse(`${path}.${names[0]} is missing`);
  if (output === undefined) refuse(`${path}.${names[1]} is missing`);
  return [input, output];
}

/** An object in the usage, empty where the provider gives none. */
export function fieldsIn(fields: Fields, path: string, name: string): Fields {
  const value = fields[name];
  if (value === undefined || value === null) return {};
  if (!isFields(value)) refuse(`${path}.${name} is ${describe(value)}, not an object`);
  return value;
}

/** Refuses parts that together are more than their whole. */
export function requireWithin(parts: number, partsName: string, whole: number, wholeName: string): void {
  if (parts > whole) refuse(`${partsName} is ${parts}, more than the ${whole} of ${wholeName}`);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function describe(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
