import { markdownLines, withoutCodeSpans } from './markdown-lines.ts';

export interface Link {
  readonly line: number;
  /** As written. */
  readonly target: string;
}

export type Resolved =
  /** A web address, a mail address, an anchor of the same page. */
  | { readonly kind: 'elsewhere' }
  /** Leads above the workspace. */
  | { readonly kind: 'outside' }
  /** Workspace-relative, without a slash at the end; '' is the workspace itself. */
  | { readonly kind: 'path'; readonly path: string };

// Every repeat is bounded: files are hostile, and a line can be very long.
const inline =
  /(?<!\\)\]\(\s{0,9}(?:<([^<>]{0,2000})>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.){0,500}\)){1,2000}))(?:\s{1,9}(?:"[^"]{0,500}"|'[^']{0,500}'|\([^)]{0,500}\)))?\s{0,9}\)/g;
const definition = /^ {0,3}(?:> ?){0,9}\[(?!\^)(?:[^\]\\]|\\.){1,999}\]:\s{0,99}(?:<([^<>]{0,2000})>|(\S{1,2000}))/;
const html =
  /<(?:a|img|source|video)\b[^>]{0,500}?\s(?:href|src)\s{0,9}=\s{0,9}(?:"([^"]{0,2000})"|'([^']{0,2000})')/gi;

/** Targets of inline links, images, reference definitions and HTML links, outside of code. */
export function linksOf(lines: readonly string[]): readonly Link[] {
  return markdownLines(lines).flatMap(({ line, text }) => {
    const plain = withoutCodeSpans(text);
    const matches = [...plain.matchAll(inline), ...plain.matchAll(html)];
    const defined = definition.exec(plain);
    if (defined !== null) matches.push(defined);
    return matches.map((m) => ({ line, target: (m[1] ?? m[2] ?? '').replace(/\\([!-/:-@[-`{-~])/g, '$1') }));
  });
}

/** Where a link in a file leads. A leading slash means the workspace, as on the usual hosts. */
export function resolveLink(from: string, target: string): Resolved {
  const bare = target.replace(/[?#].*$/s, '');
  if (bare === '' || /^[a-z][a-z0-9+.-]*:/i.test(bare) || bare.startsWith('//')) return { kind: 'elsewhere' };
  const decoded = decode(bare);
  const base = decoded.startsWith('/') ? [] : from.split('/').slice(0, -1);
  const path = [...base];
  for (const part of decoded.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') path.push(part);
    else if (path.pop() === undefined) return { kind: 'outside' };
  }
  return { kind: 'path', path: path.join('/') };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
