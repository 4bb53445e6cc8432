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
  /** Keys seen and found clean: the same few come with every row. */
  const cleanKeys = new Set<string>();

  const refresh = (): void => {
    const now = secrets();
    if (now.length === known.length && now.every((secret, index) => secret === known[index])) return;
    known = [...now];
    forms = secretForms(known);
    cleanKeys.clear();
  };

  const clean = (text: string): string => {
    if (text.length < 4) return text;
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

  const cleanKey = (key: string): string => {
    if (cleanKeys.has(key)) return key;
    const result = clean(key);
    if (result === key && cleanKeys.size < 1000) cleanKeys.add(key);
    return result;
  };

  const walk = (value: unknown, path: readonly object[], budget: { nodes: number }): unknown => {
    if (typeof value === 'string') return clean(value);
    if (typeof value !== 'object' || value === null) return value;
    budget.nodes -= 1;
    if (path.length >= maxDepth || budget.nodes < 0 || path.includes(value)) return redacted;
    const inside = [...path, value];
    if (value instanceof Error) return walk(plainError(value), inside, budget);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) {
      const items = value.map((item) => walk(item, inside, budget));
      return items.every((item, index) => item === value[index]) ? value : items;
    }
    let changed = false;
    const entries = Object.entries(value).map(([key, member]): [string, unknown] => {
      const name = cleanKey(key);
      const cleanMember =
        typeof member === 'string' && member !== '' && sensitiveKey.test(key) ? redacted : walk(member, inside, budget);
      changed ||= name !== key || cleanMember !== member;
      return [name, cleanMember];
    });
    return changed ? Object.fromEntries(entries) : value;
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
