import { secretForms } from './secret-forms.ts';
import { secretPatterns, sensitiveKey, type SecretPattern } from './secret-patterns.ts';

export const redacted = '[redacted]';

export interface Redactor {
  /** The text with every secret replaced; the same string if there is none. */
  text(text: string): string;
  /**
   * A row, an event or attributes with every string in it redacted, keys included; the same object if there is
   * nothing to redact. A string under a key such as `password` or `authorization` goes whole. Plain JSON shapes and
   * errors only (bytes become their count, a cycle is cut); an error becomes `{name, code, message, stack, cause}`.
   */
  value<T>(value: T): T;
}

interface RedactorOptions {
  /** Exact values to keep out, read at every use: keys from SecretStorage and the environment. */
  readonly secrets: () => readonly string[];
  /** Shapes of secrets; all known ones by default. */
  readonly patterns?: readonly SecretPattern[];
}

/** Where nesting, or a whole value, is cut: what is beyond is replaced unseen. */
const maxDepth = 32;
const maxNodes = 500_000;
/** How many clean texts are known at once, and the longest of them, in characters. */
const mostKnown = 2_000;
const longestKnown = 100;

interface Key {
  readonly name: string;
  readonly sensitive: boolean;
}
interface Budget {
  nodes: number;
}

/** Stands before everything that is stored, logged, exported or shown. */
export function createRedactor({ secrets, patterns = secretPatterns }: RedactorOptions): Redactor {
  let known: readonly string[] = [];
  let forms: readonly string[] = [];
  // One pass says that none of the hints is there, which is nearly always so.
  const anyHint = new RegExp(
    patterns
      .flatMap((pattern) => pattern.hints)
      .map((hint) => hint.replace(/[^a-z0-9]/g, '\\$&'))
      .join('|') || '(?!)',
    'i',
  );
  /** Short texts seen and found clean: the same few come with every row. */
  let cleanTexts = new Set<string>();
  /** Keys seen: what is written for each, and whether a string under it goes whole. */
  let keys = new Map<string, Key>();

  const refresh = (): void => {
    const now = secrets();
    if (same(now, known)) return;
    known = [...now];
    forms = secretForms(known);
    cleanTexts = new Set();
    keys = new Map();
  };

  const search = (text: string): string => {
    let result = text;
    for (const form of forms) if (result.includes(form)) result = result.replaceAll(form, redacted);
    if (!anyHint.test(result)) return result;
    let lower: string | undefined;
    for (const pattern of patterns) {
      lower ??= result.toLowerCase();
      if (!pattern.hints.some((hint) => (lower as string).includes(hint))) continue;
      const next = result.replace(pattern.find, pattern.replacement);
      if (next !== result) {
        result = next;
        lower = undefined;
      }
    }
    return result;
  };

  const clean = (text: string): string => {
    if (text.length < 4 || cleanTexts.has(text)) return text;
    const result = search(text);
    if (result === text && text.length <= longestKnown) {
      if (cleanTexts.size >= mostKnown) cleanTexts.clear();
      cleanTexts.add(text);
    }
    return result;
  };

  const keyOf = (key: string): Key => {
    const seen = keys.get(key);
    if (seen !== undefined) return seen;
    const found = { name: clean(key), sensitive: sensitiveKey.test(key) };
    if (keys.size >= mostKnown) keys.clear();
    if (key.length <= longestKnown) keys.set(key, found);
    return found;
  };

  const walk = (value: unknown, path: object[], budget: Budget): unknown => {
    if (typeof value === 'string') return clean(value);
    if (typeof value !== 'object' || value === null) return value;
    budget.nodes -= 1;
    if (path.length >= maxDepth || budget.nodes < 0 || path.includes(value)) return redacted;
    path.push(value);
    const result = inside(value, path, budget);
    path.pop();
    return result;
  };

  const inside = (value: object, path: object[], budget: Budget): unknown => {
    if (value instanceof Error) return walk(plainError(value), path, budget);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      let copy: unknown[] | undefined;
      for (let index = 0; index < items.length; index += 1) {
        const next = walk(items[index], path, budget);
        if (next !== items[index]) (copy ??= [...items])[index] = next;
      }
      return copy ?? value;
    }
    const members = value as Readonly<Record<string, unknown>>;
    let seen = 0;
    let copy: [string, unknown][] | undefined;
    for (const name in members) {
      if (!Object.hasOwn(members, name)) continue;
      const before = members[name];
      const key = keyOf(name);
      const next = key.sensitive && typeof before === 'string' && before !== '' ? redacted : walk(before, path, budget);
      if (copy === undefined && (key.name !== name || next !== before)) copy = Object.entries(members).slice(0, seen);
      copy?.push([key.name, next]);
      seen += 1;
    }
    return copy === undefined ? value : Object.fromEntries(copy);
  };

  return {
    text(text) {
      refresh();
      return clean(text);
    },
    value<T>(value: T): T {
      refresh();
      return walk(value, [], { nodes: maxNodes }) as T;
    },
  };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

function plainError(error: Error): Record<string, unknown> {
  const { code, details } = error as Error & { code?: unknown; details?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(details === undefined ? {} : { details }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  };
}
