import { backupText } from '../../protocol/backup-text.ts';
import type { LedgerBackup, Notice } from '../../protocol/messages.ts';

/** What a person is told once about a damaged history. */
export function historyNotice(path: string, why: string, kept: string | null): Notice {
  const message = `The history database ${path} was damaged (${why}). It is kept as ${kept ?? path}, and a new one was begun.`;
  return { level: 'warning', code: 'DATABASE_DAMAGED', message, runId: null };
}

/** What a person is told when a backup was put in a damaged ledger's place. */
export function restoredNotice(why: string, kept: string | null, backup: LedgerBackup): Notice {
  const rest =
    kept === null ? '' : `: the damaged file is kept as ${kept}, and what it holds of them cannot be trusted`;
  const message =
    `The ledger (${why}) was restored from its backup of ${backupText(backup, Date.now())}. ` +
    `Calls made after that are not in it${rest}.`;
  return { level: 'warning', code: 'LEDGER_DAMAGED', message, runId: null };
}

/** What a person is told once about a damaged ledger: `kept` is null until a new one is begun. */
export function ledgerNotice(path: string, why: string, kept: string | null): Notice {
  const message =
    kept === null
      ? `The ledger ${path} is damaged (${why}), so paid calls are refused until you restore its backup (haios doctor ` +
        '--restore-ledger) or agree to begin a new one (haios doctor --new-ledger): budgets then start at zero. The ' +
        'damaged file is kept.'
      : `The damaged ledger is kept as ${kept} (${why}), and a new one was begun: budgets start at zero.`;
  return { level: kept === null ? 'error' : 'warning', code: 'LEDGER_DAMAGED', message, runId: null };
}
