import { compilePattern } from './pattern.ts';
import type { ReplaceRequest } from './sandbox/jobs.ts';

/**
 * The text with the first or every match replaced. Regular expressions see `^` and `$` at each line. Throws an Error with
 * a sentence for the model when the result would be longer than `maxBytes`.
 */
export function replaceInText(request: ReplaceRequest): { text: string; matches: number; replaced: number } {
  const { text, find, replace, regex, caseSensitive, all, maxBytes } = request;
  const expression = compilePattern({ pattern: find, regex, case_sensitive: caseSensitive }, 'gm');
  if (expression === null) throw new Error('The text to find is not a JavaScript regular expression; correct it.');
  const parts: string[] = [];
  let matches = 0;
  let replaced = 0;
  let from = 0;
  let size = text.length;
  for (const match of text.matchAll(expression)) {
    matches += 1;
    if (!all && matches > 1) continue;
    const made = regex ? expand(replace, match) : replace;
    size += made.length - match[0].length;
    if (size > maxBytes) throw new Error(`The file would grow beyond ${maxBytes} bytes; replace less.`);
    parts.push(text.slice(from, match.index), made);
    from = match.index + match[0].length;
    replaced += 1;
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), matches, replaced };
}

/** `$$`, `$&`, `$1` … `$99` and `$<name>` as in JavaScript's own `replace`; anything else stands for itself. */
function expand(template: string, match: RegExpExecArray): string {
  // Without a named group in the expression, `$<` is no placeholder, and what follows it may be one.
  const placeholder = match.groups === undefined ? /\$(\$|&|\d{1,2})/g : /\$(\$|&|\d{1,2}|<[^>]*>)/g;
  return template.replace(placeholder, (whole, key: string) => {
    if (key === '$') return '$';
    if (key === '&') return match[0];
    if (key.startsWith('<')) return match.groups?.[key.slice(1, -1)] ?? '';
    const two = Number(key);
    if (two >= 1 && two < match.length) return match[two] ?? '';
    const one = Number(key[0]);
    if (key.length === 2 && one >= 1 && one < match.length) return (match[one] ?? '') + key.slice(1);
    return whole;
  });
}
