/** Pieces of Markdown that hold hostile text: file names, lines of files, error messages. */

/** Inline code that no backtick inside can close. */
export function code(text: string): string {
  const flat = text.replace(/[\r\n]+/g, ' ');
  const ticks = '`'.repeat(longestRun(flat) + 1);
  return /^`|`$/.test(flat) || flat === '' ? `${ticks} ${flat} ${ticks}` : `${ticks}${flat}${ticks}`;
}

/** A fenced block that no line inside can close. */
export function fence(lines: readonly string[]): string {
  const ticks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${ticks}text`, ...lines, ticks].join('\n');
}

/** A cell of a table. */
export function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const rule = head.map((_, i) => (numeric.includes(i) ? '---:' : '---'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-GB')} ${n === 1 ? one : many}`;
}

/** The first `max` items as given, and a line that says how many are left out. */
export function capped(items: readonly string[], max: number, what: string): readonly string[] {
  return items.length <= max ? items : [...items.slice(0, max), `- … and ${count(items.length - max, what)} more`];
}

/** One file line for display: blanks at both ends gone, long ones cut. */
export function excerpt(text: string, max = 160): string {
  const trimmed = text.trim();
  return trimmed.length > max ? `${trimmed.slice(0, max)}…` : trimmed;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
