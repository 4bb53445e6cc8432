import { oneLine, visible } from '../protocol/text.ts';

// Names, prompts and model output are hostile: each function makes any text inert in one format.

// Control characters, and the characters that hide or reorder text (Unicode TR 36).
const escapedInJson = /\p{Cc}|[\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Text inside Markdown prose, a heading or a table cell: one line in which nothing is markup. */
export function markdownText(text: string, max = 200): string {
  return oneLine(text, max)
    .replace(/[\\`*[\]|~$]|(?<![a-z0-9])_|_(?![a-z0-9])/gi, (c) => `\\${c}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/^([-+=#])/, '\\$1')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');
}

/** A whole text in a fenced block that no line of it can close. */
export function markdownFence(text: string, language = ''): string {
  let longest = 2;
  for (const run of text.matchAll(/`+/g)) longest = Math.max(longest, run[0].length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${visible(text).replace(/\n+$/, '')}\n${fence}`;
}

/**
 * Markdown that a model wrote, inside a document of ours: HTML and images (which load from elsewhere) become text,
 * and an open code fence is closed. Only fences at the start of a line count: those mean the same in every dialect.
 */
export function markdownEmbed(text: string): string {
  let fence: string | null = null;
  const lines = visible(text.replace(/\u2028|\u2029/g, '\n'))
    .split('\n')
    .map((line) => {
      if (fence !== null) {
        const end = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
        if (end !== undefined && end[0] === fence[0] && end.length >= fence.length) fence = null;
        return line;
      }
      const start = /^(`{3,})[^`]*$|^(~{3,})/.exec(line);
      fence = start?.[1] ?? start?.[2] ?? null;
      return fence === null ? line.replace(/<(?=[a-z/!?])/gi, '&lt;').replace(/!\[/g, '!\\[') : line;
    });
  if (fence !== null) lines.push(fence);
  return lines.join('\n').trim();
}

/** One CSV field (RFC 4180); what a spreadsheet would take for a formula gets a leading apostrophe. */
export function csvField(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = visible(value);
  const safe = /^[\s'"]*[=+\-@\t\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\n\t;]|^\s|\s$/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** A quoted scalar that is JSON and YAML at once, on one line. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(escapedInJson, (c) =>
    Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
