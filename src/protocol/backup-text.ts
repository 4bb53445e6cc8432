import type { LedgerBackup } from './messages.ts';
import { formatInteger, formatUsd } from './money.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** A backup as people choose by it, local time: `25 Nov (812 calls, $12.31)`, with the year if that is another one. */
export function backupText({ at, calls, nusd }: LedgerBackup, now: number): string {
  const date = new Date(at);
  const year = date.getFullYear() === new Date(now).getFullYear() ? '' : ` ${date.getFullYear()}`;
  const month = months[date.getMonth()] ?? '';
  return `${date.getDate()} ${month}${year} (${formatInteger(calls)} call${calls === 1 ? '' : 's'}, ${formatUsd(nusd)})`;
}
