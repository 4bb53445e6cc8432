import { createScanner, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';

const maxBytes = 1024 * 1024;
const maxDepth = 32;
/** SyntaxKind of jsonc-parser is a const enum, which type stripping cannot read. */
const kinds = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, eof: 17 } as const;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

export type Jsonc =
  | { readonly ok: true; readonly value: unknown; readonly root: Node }
  | { readonly ok: false; readonly problem: Problem };

/** What is wrong with a text, and where it begins (0-based; null: the text as a whole). */
export interface Problem {
  readonly offset: number | null;
  readonly field: string;
  readonly sentence: string;
}

/**
 * Reads JSON with comments and trailing commas from a hostile text: bounded in size and depth, without keys that reach
 * a prototype, without keys given twice (the later would silently replace the earlier).
 */
export function parseJsonc(text: string): Jsonc {
  if (text.length > maxBytes) {
    return wrong(null, '', `it has ${text.length} characters; at most ${maxBytes} are allowed. Shorten it.`);
  }
  const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  const tooDeep = depthProblem(source);
  if (tooDeep !== null) return { ok: false, problem: tooDeep };
  const errors: ParseError[] = [];
  const root = parseTree(source, errors, { allowTrailingComma: true, allowEmptyContent: false });
  const first = errors[0];
  if (first !== undefined) return wrong(first.offset, '', syntaxSentence(first));
  if (root === undefined) return wrong(0, '', 'it is empty. Write { } for no settings.');
  const read = toValue(root, '');
  return 'problem' in read ? { ok: false, problem: read.problem } : { ok: true, value: read.value, root };
}

/** 1-based line and column of an offset. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function depthProblem(text: string): Problem | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let kind: number = scanner.scan(); kind !== kinds.eof; kind = scanner.scan()) {
    if (kind === kinds.openBrace || kind === kinds.openBracket) depth += 1;
    if (kind === kinds.closeBrace || kind === kinds.closeBracket) depth -= 1;
    if (depth > maxDepth) {
      const sentence = `it is nested more than ${maxDepth} levels deep. No setting needs that.`;
      return { offset: scanner.getTokenOffset(), field: '', sentence };
    }
  }
  return null;
}

type Read = { readonly value: unknown } | { readonly problem: Problem };

function toValue(node: Node, field: string): Read {
  switch (node.type) {
    case 'object':
      return objectValue(node, field);
    case 'array': {
      const items: unknown[] = [];
      for (const [index, child] of (node.children ?? []).entries()) {
        const read = toValue(child, `${field}[${index}]`);
        if ('problem' in read) return read;
        items.push(read.value);
      }
      return { value: items };
    }
    default:
      return { value: node.value };
  }
}

function objectValue(node: Node, field: string): Read {
  const object: Record<string, unknown> = {};
  for (const property of node.children ?? []) {
    const [key, child] = property.children ?? [];
    if (key === undefined || child === undefined) continue;
    const name = String(key.value);
    const path = field === '' ? name : `${field}.${name}`;
    if (forbidden.has(name)) {
      return {
        problem: {
          offset: key.offset,
          field: path,
          sentence: `the key ${JSON.stringify(name)} is not allowed. Remove it.`,
        },
      };
    }
    if (Object.hasOwn(object, name)) {
      return { problem: { offset: key.offset, field: path, sentence: `${path} is given twice. Keep one.` } };
    }
    const read = toValue(child, path);
    if ('problem' in read) return read;
    object[name] = read.value;
  }
  return { value: object };
}

function syntaxSentence(error: ParseError): string {
  const words = printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return `it is not valid JSON here (${words}). Correct the text at this place.`;
}

function wrong(offset: number | null, field: string, sentence: string): Jsonc {
  return { ok: false, problem: { offset, field, sentence } };
}
