import type { Notice } from '../../protocol/messages.ts';

/** What a person is told once about a damaged history. */
export function historyNotice(path: string, why: string, kept: string | null): Notice {
  const message = `The history database ${path} was damaged (${why}). It is kept as ${kept ?? path}, and a new one was begun.`;
  return { level: 'warning', code: 'DATABASE_DAMAGED', message, runId: null };
}

/** What a person is told once about a damaged ledger: `kept` is null until a new one is begun. */
export function ledgerNotice(path: string, why: string, kept: string | null): Notice {
  const message =
    kept === null
      ? `The ledger ${path} is damaged (${why}), so paid calls are refused until you agree to begin a new one: the old ` +
        'file is kept, and budgets then start at zero (in the editor, or with haios doctor --new-ledger).'
      : `The damaged ledger is kept as ${kept} (${why}), and a new one was begun: budgets start at zero.`;
  return { level: kept === null ? 'error' : 'warning', code: 'LEDGER_DAMAGED', message, runId: null };
}
