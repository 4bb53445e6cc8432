import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Bench, peek, testWriterPath } from '../storage/support/open.ts';
import { ask, limit, run, settlement, span, use } from '../storage/support/rows.ts';
import { order } from '../storage/support/test-orders.ts';

/** `PRAGMA synchronous`: what SQLite syncs at a commit in WAL mode. */
const normal = 1;
const full = 2;

describe('faults 2: power loss', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('the ledger commits with synchronous=FULL, the history with NORMAL', async () => {
    const storage = await bench.storage(bench.fresh(), { writerPath: testWriterPath });
    assert.deepEqual(await order(storage.databasePath, 'settings'), { normal, full });
  });

  it('what the ledger acknowledged is in its files at that moment, before the window closes them', async () => {
    const storage = await bench.storage(bench.fresh());
    for (let n = 1; n <= 10; n += 1) {
      await storage.ledger.admit(ask(`c${n}`, { nusd: 7 }), []);
      assert.deepEqual(ledgerIn(copyOf(storage.databasePath, `held-${n}`)), { settled: (n - 1) * 10, held: 7 });
      await storage.ledger.settle(`c${n}`, settlement(10));
      assert.deepEqual(ledgerIn(copyOf(storage.databasePath, `settled-${n}`)), { settled: n * 10, held: 0 });
    }
    const after = await bench.storage(copyOf(storage.databasePath, 'after'));
    assert.deepEqual(await after.ledger.use([limit(1)]), [use(100, 0, 1)]);
  });

  it('a history cut back anywhere in its log is whole, has lost only its last rows, and is not called damaged', async () => {
    const storage = await bench.storage(bench.fresh());
    storage.write([{ type: 'run', row: run('run-1') }]);
    await storage.flush();
    for (let n = 0; n < 12; n += 1) {
      storage.write([
        {
          type: 'span',
          row: span(`s${n}`, 'run-1', { startedAt: n }),
          payload: { input: 'x'.repeat(3000), output: '' },
        },
      ]);
      await storage.flush();
    }
    const size = statSync(`${storage.databasePath}-wal`).size;
    let most = 0;
    for (const share of [0, 0.4, 0.83, 1]) {
      const path = copyOf(storage.databasePath, `cut-${share}`);
      truncateSync(`${path}-wal`, Math.floor(size * share));
      const after = await bench.storage(path);
      assert.deepEqual(after.notices, []);
      assert.deepEqual(await after.reader.integrity(), { history: 'ok', ledger: 'ok' });
      const left = (await after.reader.trace('run-1')).map(({ spanId }) => spanId);
      assert.deepEqual(
        left,
        Array.from({ length: left.length }, (_, n) => `s${n}`),
      );
      assert.ok(left.length >= most);
      most = left.length;
      await after.close(5000);
    }
    assert.equal(most, 12);
  });
});

/** What a machine would find of both databases after it stopped now; the shared-memory file is gone with it. */
function copyOf(databasePath: string, name: string): string {
  const folder = join(dirname(databasePath), name);
  mkdirSync(folder);
  for (const file of ['haios.db', 'haios.db-wal', 'ledger.db', 'ledger.db-wal']) {
    const from = join(dirname(databasePath), file);
    if (existsSync(from)) copyFileSync(from, join(folder, file));
  }
  return join(folder, basename(databasePath));
}

function ledgerIn(databasePath: string): unknown {
  return peek(join(dirname(databasePath), 'ledger.db'), (db) =>
    db
      .prepare(
        `SELECT (SELECT COALESCE(SUM(usd_nusd), 0) FROM ledger) AS settled,
           (SELECT COALESCE(SUM(reserved_nusd), 0) FROM reservations) AS held`,
      )
      .get(),
  );
}
