import Sqlite from 'better-sqlite3';
import { ledgerSchema } from '../src/storage/migrations/lists.ts';
import { migrate } from '../src/storage/migrations/migrate.ts';
import { inTransaction } from '../src/storage/writer/begin.ts';
import { LedgerBook } from '../src/storage/writer/ledger-book.ts';
import { ask, limit, settlement } from './storage/support/rows.ts';
const path = `/dev/shm/p${process.pid}.db`;
const db = new Sqlite(path); db.pragma('journal_mode=WAL'); migrate(db, ledgerSchema.migrations, path);
const book = new LedgerBook();
const six = (run: number) => [
    limit(1e15, { name: 'run', scope: 'run', key: `run-${run}` }),
    limit(1e15, { name: 'task', scope: 'task', key: `task-${run}` }),
    limit(1e15, { name: 'hour', window: 'hour', since: Date.now() - 3_600_000 }),
    limit(1e15, { name: 'day', window: 'day', since: 1, until: Date.now() + 1e7 }),
    limit(1e15, { name: 'week', window: 'week', since: 1, until: Date.now() + 1e7, resource: 'tokens' }),
    limit(1e15, { name: 'gpt-5*', scope: 'model', key: 'gpt-5*', runId: `run-${run}` }),
];
const cpu = () => { const u = process.cpuUsage(); return u.user + u.system; };
for (let k = 0; k < 6; k++) {
  const n = 20000;
  let c = cpu();
  for (let g = 0; g < n; g += 500) inTransaction(db, 1000, () => { for (let i = g; i < g + 500; i++) book.admit(db, ask(`c${k}-${i}`, { runId: `run-${i % 8}`, taskId: `task-${i % 8}`, at: Date.now() }), six(i % 8)); });
  const admit = (cpu() - c) / n;
  c = cpu();
  for (let g = 0; g < n; g += 500) inTransaction(db, 1000, () => { for (let i = g; i < g + 500; i++) book.settle(db, `c${k}-${i}`, settlement(5, { at: Date.now() }), null); });
  console.log('admit us', admit.toFixed(1), 'settle us', ((cpu() - c) / n).toFixed(1));
}
