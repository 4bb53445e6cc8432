import type { Database } from 'better-sqlite3';
import { ledgerSchema } from '../../../src/storage/migrations/lists.ts';
import { migrate } from '../../../src/storage/migrations/migrate.ts';
import { mendRollups } from '../../../src/storage/rollups.ts';

export interface Filling {
  readonly calls: number;
  /** The calls are spread evenly over the days before `now`. */
  readonly days: number;
  readonly now: number;
  /** The rows that each call has. */
  readonly entries: readonly ('reserve' | 'settle')[];
}

/** A new ledger of many calls: three models, two agents, three workspaces, runs of a thousand calls in ten tasks. */
export function fillLedger(db: Database, path: string, { calls, days, now, entries }: Filling): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  migrate(db, ledgerSchema.migrations, path);
  const rollUp = String(db.prepare(`SELECT sql FROM sqlite_schema WHERE name = 'ledger_rolls_up'`).pluck().get());
  db.exec('DROP TRIGGER ledger_rolls_up');
  for (const entry of entries) {
    const settled = entry === 'settle';
    db.prepare(
      `INSERT INTO ledger (entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd,
         reserved_tokens, trace_id, span_id, input_tokens, usd_nusd, pricing)
       WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < @calls - 1)
       SELECT @entry, printf('call-%07d', n), 'r', @now - (@calls - n) * @every, 'run-' || n / 1000, 'task-' || n / 100,
         'agent-' || n % 2, 'executor', 'model-' || n % 3, '/w/' || n / 1000 % 3, 1000, 1000, 't', 's', @tokens * (1 + n % 500),
         @nusd, @pricing FROM n`,
    ).run({
      ...{ entry, calls, now, every: Math.floor((days * 86_400_000) / calls) },
      ...(settled ? { tokens: 1, nusd: 100, pricing: 'priced' } : { tokens: 0, nusd: 0, pricing: null }),
    });
  }
  mendRollups(db);
  db.exec(rollUp);
}
