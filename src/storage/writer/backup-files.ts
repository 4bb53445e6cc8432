import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dayOf } from '../reader/days.ts';

/** Where the backup of a local day lies: `x/ledger.db` → `x/backups/ledger-2026-11-26.db`. */
export function backupPathOf(ledgerPath: string, at: number): string {
  return join(folderOf(ledgerPath), `${stemOf(ledgerPath)}-${dayOf(at)}.db`);
}

/** The backups of a ledger, the newest first, whole or not. */
export function backupsOf(ledgerPath: string): readonly string[] {
  const folder = folderOf(ledgerPath);
  const stem = `${stemOf(ledgerPath)}-`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(stem) && /^\d{4}-\d{2}-\d{2}\.db$/.test(name.slice(stem.length)))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

function folderOf(ledgerPath: string): string {
  return join(dirname(ledgerPath), 'backups');
}

function stemOf(ledgerPath: string): string {
  return basename(ledgerPath).replace(/\.db$/i, '');
}
