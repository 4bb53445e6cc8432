import Sqlite from 'better-sqlite3';
import { ledgerSchema } from '../src/storage/migrations/lists.ts';
import { migrate } from '../src/storage/migrations/migrate.ts';
import { LedgerBook } from '../src/storage/writer/ledger-book.ts';
import { ask, limit, settlement } from './storage/support/rows.ts';
const cpu = () => { const u = process.cpuUsage(); return u.user + u.system; };
for (const what of ['all','no trigger', 'no time idx']) {
const path = what === 'memory' ? ':memory:' : `/dev/shm/p${process.pid}${what}.db`;
const db = new Sqlite(path); db.pragma('journal_mode=WAL'); migrate(db, ledgerSchema.migrations, path);
if (what === 'no trigger') db.exec('drop trigger ledger_rolls_up');
if (what === 'no model idx') db.exec('drop index ledger_settled_by_model');
if (what === 'no task idx') db.exec('drop trigger ledger_rolls_up;drop index ledger_settled_by_model;drop index ledger_settled_by_task');
if (what === 'no run idx') db.exec('drop trigger ledger_rolls_up;drop index ledger_settled_by_model;drop index ledger_settled_by_task;drop index ledger_settled_by_run');
if (what === 'no time idx') db.exec('drop trigger ledger_rolls_up;drop index ledger_settled_by_model;drop index ledger_settled_by_task;drop index ledger_settled_by_run;drop index ledger_settled_by_time');
const book = new LedgerBook();
const n = 10000;
let c = cpu();
db.transaction(() => { for (let i = 0; i < n; i++) book.admit(db, ask(`c${i}`, { runId: `run-${i % 8}`, taskId: `task-${i % 8}`, at: Date.now() }), [limit(1e15)]); })();
const admit = (cpu() - c) / n;
c = cpu();
db.transaction(() => { for (let i = 0; i < n; i++) book.settle(db, `c${i}`, settlement(5, { at: Date.now() }), null); })();
console.log(what, 'admit us', admit.toFixed(1), 'settle us', ((cpu() - c) / n).toFixed(1));
}
