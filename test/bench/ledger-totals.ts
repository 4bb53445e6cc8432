import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import type { LedgerLimit } from '../../src/core/ports.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { mendRollups } from '../../src/storage/rollups.ts';
import { LedgerBook } from '../../src/storage/writer/ledger-book.ts';
import { Bench } from '../storage/support/open.ts';
import { limit } from '../storage/support/rows.ts';
import { median, type Row } from './rows.ts';

const calls = 1_000_000;
const days = 30;
const repeats = 7;

/** How long a total takes in a ledger of a million settled calls over 30 days, by a process that knows none of them yet. */
export async function benchLedgerTotals(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const path = bench.fresh();
    mkdirSync(dirname(path), { recursive: true });
    const db = new Sqlite(path);
    const now = Date.now();
    fill(db, path, now);
    const total = (what: string, change: Partial<LedgerLimit>): Row => {
      const times = Array.from({ length: repeats }, () => {
        const start = performance.now();
        new LedgerBook().use(db, [limit(1, change)], now);
        return performance.now() - start;
      });
      return { what: `total of ${what}, 1,000,000 calls`, value: Math.round(median(times) * 1000) / 1000, unit: 'ms' };
    };
    const plain = Array.from({ length: repeats }, () => {
      const start = performance.now();
      db.prepare('SELECT SUM(usd_nusd) FROM ledger WHERE pricing IS NOT NULL AND at >= ?').get(now - 7 * 86_400_000);
      return performance.now() - start;
    });
    const rows = [
      total('a rolling hour', { window: 'hour', since: now - 3_600_000 }),
      total('a day', { window: 'day', since: now - 17 * 3_600_000 - 12_345 }),
      total('a week', { window: 'week', since: now - 7 * 86_400_000 + 12_345 }),
      total('all time', {}),
      total('a week of a model pattern', {
        window: 'week',
        since: now - 7 * 86_400_000,
        scope: 'model',
        key: 'model-1*',
      }),
      total('a week of a workspace', { window: 'week', since: now - 7 * 86_400_000, scope: 'workspace', key: '/w/2' }),
      total('a run', { scope: 'run', key: 'run-77' }),
      { what: 'a week summed from the rows by their index', value: Math.round(median(plain) * 100) / 100, unit: 'ms' },
    ];
    db.close();
    return rows;
  } finally {
    await bench.end();
  }
}

/** Three models, two agents, three workspaces, a thousand runs of ten tasks. */
function fill(db: Database, path: string, now: number): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  migrate(db, ledgerSchema.migrations, path);
  const rollUp = String(db.prepare(`SELECT sql FROM sqlite_schema WHERE name = 'ledger_rolls_up'`).pluck().get());
  db.exec('DROP TRIGGER ledger_rolls_up');
  db.prepare(
    `INSERT INTO ledger (entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd,
       reserved_tokens, trace_id, span_id, input_tokens, usd_nusd, pricing)
     WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < @calls - 1)
     SELECT 'settle', printf('call-%07d', n), 'r', @now - (@calls - n) * @every, 'run-' || n / 1000, 'task-' || n / 100,
       'agent-' || n % 2, 'executor', 'model-' || n % 3, '/w/' || n / 1000 % 3, 100, 1, 't', 's', 1, 100, 'priced' FROM n`,
  ).run({ calls, now, every: Math.floor((days * 86_400_000) / calls) });
  mendRollups(db);
  db.exec(rollUp);
}
