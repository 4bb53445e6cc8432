import { closest, distance } from 'fastest-levenshtein';
import * as z from 'zod';
import { settingKeys } from '../../catalogue/settings.ts';
import { configSchema } from './schema.ts';

type Path = readonly PropertyKey[];

/** What is wrong with a value, as a sentence that names the field, the value and what is allowed. */
export interface ValueProblem {
  readonly path: Path;
  /** The place is the key, not its value. */
  readonly atKey: boolean;
  readonly sentence: string;
}

/** One problem per wrong field, in the order of the schema. `nameOf` writes a path the way the reader knows it. */
export function problemsOf(error: z.ZodError, input: unknown, nameOf: (path: Path) => string): readonly ValueProblem[] {
  const seen = new Set<string>();
  return error.issues.flatMap((issue): ValueProblem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const path = [...issue.path, key];
        return { path, atKey: true, sentence: `unknown key ${nameOf(path)}. ${suggestion(issue.path, key, nameOf)}` };
      });
    }
    if (seen.has(fieldName(issue.path))) return [];
    seen.add(fieldName(issue.path));
    const value = shown(valueAt(input, issue.path));
    if (issue.code === 'invalid_key') {
      const means = issue.issues[0]?.message ?? 'another name';
      return [{ path: issue.path, atKey: true, sentence: `${nameOf(issue.path)}: the key must be ${means}.` }];
    }
    const field = nameOf(issue.path) || 'the whole';
    return [{ path: issue.path, atKey: false, sentence: `${field} is ${value}; it must be ${issue.message}.` }];
  });
}

/** `budgets.windows.day`, `models[0].id`. */
export function fieldName(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

function suggestion(parent: Path, key: string, nameOf: (path: Path) => string): string {
  const known = keysAt(parent);
  const near = known.length === 0 ? '' : closest(key, known);
  const isNear = distance(key.toLowerCase(), near) <= Math.max(2, Math.floor(near.length / 3)) || near.startsWith(key);
  if (near !== '' && isNear) {
    return `Did you mean ${nameOf([...parent, near])}?`;
  }
  const elsewhere = settingKeys.find((candidate) => candidate.split('.').at(-1) === key);
  if (elsewhere !== undefined) return `Did you mean ${nameOf(elsewhere.split('.'))}?`;
  return `Known here: ${known.join(', ')}.`;
}

function keysAt(path: Path): string[] {
  let at: unknown = configSchema;
  for (const part of path) {
    at = unwrapped(at);
    if (at instanceof z.ZodObject) at = at.shape[String(part)];
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
  }
  at = unwrapped(at);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodExactOptional || at instanceof z.ZodNullable) at = at.unwrap();
  return at;
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, part) ? Reflect.get(at, part) : undefined,
    input,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}
