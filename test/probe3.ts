import Sqlite from 'better-sqlite3';
import { ledgerSchema } from '../src/storage/migrations/lists.ts';
import { migrate } from '../src/storage/migrations/migrate.ts';
const db = new Sqlite(':memory:'); migrate(db, ledgerSchema.migrations, 'x');
const p=(q:string)=>console.log(db.prepare('explain query plan '+q).all().map((r:any)=>r.detail).join(' | '));
p(`SELECT * FROM ledger WHERE call_id = 'x' AND entry = 'settle' ORDER BY entry_id DESC LIMIT 1`);
p(`SELECT call_id FROM ledger WHERE call_id = 'x' AND entry = 'reserve' ORDER BY entry_id DESC LIMIT 1`);
p(`SELECT 1 FROM ledger WHERE call_id = 'x' AND entry = 'reserve'`);
