/** A Markdown table; cells are Markdown already. */
export function table(
  head: readonly string[],
  numeric: (column: number) => boolean,
  rows: readonly (readonly string[])[],
): string {
  const rule = head.map((_, i) => (numeric(i) ? '---:' : '---'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
