import { formatCost, formatG, formatInteger } from '../../protocol/money.ts';
import { totalTokens } from '../../protocol/rows.ts';
import type { RunRow } from '../../protocol/rows.ts';
import { formatDuration, oneLine } from '../../protocol/text.ts';

const leastPrompt = 16;

/** History as a table, the prompt cut so that a row fits `width` columns. */
export function runsTable(rows: readonly RunRow[], width: number): string {
  if (rows.length === 0) return 'No runs yet.\n';
  const head = ['g', 'status', 'started', 'time', 'tokens', 'cost', 'model'];
  const cells = rows.map((row) => [
    formatG(row.g),
    row.waiting === null ? row.status.replaceAll('_', ' ') : `waiting (${row.waiting})`,
    localTime(row.startedAt),
    formatDuration(row.durationMs),
    formatInteger(totalTokens(row.cost.tokens)),
    `${formatCost(row.cost)}${row.priceAs === null ? '' : ` as ${oneLine(row.priceAs, 24)}`}`,
    oneLine(row.model, 24),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const left = widths.reduce((sum, w) => sum + w + 2, 0);
  const prompt = Math.max(leastPrompt, width - left - 1);
  const line = (row: readonly string[], text: string): string =>
    `${row.map((cell, i) => (i >= 3 && i <= 5 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ')}  ${text}`.trimEnd();
  const lines = [line(head, 'prompt'), ...cells.map((row, i) => line(row, oneLine(rows[i]?.prompt ?? '', prompt)))];
  return `${lines.join('\n')}\n`;
}

function localTime(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
