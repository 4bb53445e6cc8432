import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { mendRollups } from '../../src/storage/rollups.ts';
import { LedgerBook } from '../../src/storage/writer/ledger-book.ts';
import { Bench, testWriterPath } from './support/open.ts';
import { ask, at, limit, settlement, use } from './support/rows.ts';

describe('storage: traps of budgets', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('trap: two calls admitted at once that together pass the cap', async () => {
    const first = await bench.storage(bench.fresh());
    const second = await bench.storage(first.databasePath);
    const limits = [limit(150)];
    const answers = await Promise.all([
      first.ledger.admit(ask('a'), limits),
      first.ledger.admit(ask('b'), limits),
      second.ledger.admit(ask('c', { runtimeId: 'runtime-b' }), limits),
    ]);
    assert.deepEqual(answers.map(({ kind }) => kind).sort(), ['admitted', 'wait', 'wait']);
    assert.deepEqual(await second.ledger.use(limits), [use(0, 100, 150)]);
  });

  it('trap: fail-open when the store is locked', async () => {
    const storage = await bench.storage(bench.fresh(), { writerPath: testWriterPath });
    const other = new Sqlite(storage.ledgerPath, { fileMustExist: true });
    try {
      other.exec('BEGIN IMMEDIATE');
      await assert.rejects(storage.ledger.admit(ask('a'), [limit(1_000)]), { code: 'LEDGER_UNAVAILABLE' });
      await assert.rejects(storage.ledger.sent('a'), { code: 'LEDGER_UNAVAILABLE' });
      other.exec('ROLLBACK');
    } finally {
      other.close();
    }
    // What could not be answered was not held either.
    assert.deepEqual(await storage.ledger.use([limit(1_000)]), [use(0, 0, 1_000)]);
    assert.deepEqual(await storage.ledger.admit(ask('b', { nusd: 1_001 }), [limit(1_000)]), {
      kind: 'refused',
      limit: limit(1_000),
      use: use(0, 0, 1_000),
    });
  });

  it('trap: cap reset by resume or restart', async () => {
    const limits = [
      limit(250, { name: 'run', scope: 'run', key: 'run-1' }),
      limit(250, { name: 'day', window: 'day', since: at - 1_000, until: at + 1_000 }),
    ];
    const before = await bench.storage(bench.fresh());
    await before.ledger.admit(ask('a'), limits);
    await before.ledger.settle('a', settlement(90));
    await before.ledger.admit(ask('b'), limits);
    await before.close(5_000);
    // The same run goes on in another process: what it has spent and what is still held count on.
    const after = await bench.storage(before.databasePath);
    assert.deepEqual(await after.ledger.use(limits), [use(90, 100, 250), use(90, 100, 250)]);
    const refused = await after.ledger.admit(ask('c', { runtimeId: 'runtime-b', nusd: 161 }), limits);
    assert.deepEqual(refused, { kind: 'refused', limit: limits[0], use: use(90, 100, 250) });
    assert.equal((await after.ledger.admit(ask('d', { runtimeId: 'runtime-b', nusd: 60 }), limits)).kind, 'admitted');
  });

  it('trap: budget lowered under what is already spent', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    await ledger.admit(ask('a'), [limit(500)]);
    await ledger.settle('a', settlement(300));
    await ledger.admit(ask('b'), [limit(500)]);
    for (const asked of [0, 1]) {
      const lowered = await ledger.admit(ask(`c${asked}`, { nusd: asked }), [limit(200)]);
      assert.deepEqual(lowered, { kind: 'refused', limit: limit(200), use: use(300, 100, 200) });
    }
    await ledger.settle('b', settlement(40));
    assert.deepEqual(await ledger.use([limit(200)]), [use(340, 0, 200)]);
    assert.equal((await ledger.admit(ask('d', { nusd: 160 }), [limit(500)])).kind, 'admitted');
  });

  it('trap: float drift (a million calls of $0.0000001)', function () {
    this.timeout(120_000);
    const db = new Sqlite(':memory:');
    migrate(db, ledgerSchema.migrations, ':memory:');
    const calls = 1_000_000;
    const each = 100;
    settleMany(db, calls, each);
    const book = new LedgerBook();
    const spent = calls * each;
    const limits = [
      limit(spent + each),
      limit(spent + each, { window: 'day', since: at - 12_345, until: at + 9 }),
      limit(spent + each, { scope: 'run', key: 'run-1' }),
      limit(spent + each, { scope: 'model', key: 'gpt*', window: 'hour', since: at - 3_000_001 }),
    ];
    assert.deepEqual(
      book.use(db, limits, at),
      limits.map(() => use(spent, 0, spent + each)),
    );
    assert.equal(book.admit(db, ask('one more', { nusd: each + 1 }), limits).kind, 'refused');
    assert.equal(book.admit(db, ask('the last', { nusd: each }), limits).kind, 'admitted');
    book.settle(db, 'the last', settlement(each), null);
    assert.equal(book.admit(db, ask('too many', { nusd: 1 }), limits).kind, 'refused');
    assert.deepEqual(
      book.use(db, limits, at),
      limits.map(() => use(spent + each, 0, spent + each)),
    );
    db.close();
  });
});

/** As many settled calls, within the twelve seconds before `at`. */
function settleMany(db: Database, calls: number, nusd: number): void {
  // What keeps the book fast and whole row by row is most of the time that a million rows take: it is made after them.
  db.exec(`DROP TRIGGER ledger_rolls_up; DROP INDEX ledger_by_call; DROP INDEX ledger_settled_by_run;
    DROP INDEX ledger_settled_by_task; DROP INDEX ledger_settled_by_model`);
  db.prepare(
    `INSERT INTO ledger (entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd,
       reserved_tokens, trace_id, span_id, input_tokens, usd_nusd, pricing)
     WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ? - 1)
     SELECT 'settle', 'call-' || n, 'r', ? - n % 12000, 'run-1', 'task-1', 'default', 'executor', 'gpt-5-mini', '/w', ?, 1,
       't', 's', 1, ?, 'priced' FROM n`,
  ).run(calls, at, nusd, nusd);
  db.exec('CREATE INDEX ledger_by_call ON ledger (call_id, entry)');
  mendRollups(db);
}
