import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { Bench } from '../storage/support/open.ts';
import { ask, limit, run, settlement, span } from '../storage/support/rows.ts';

describe('faults 4: database locked by another window', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('a locked history holds up neither the ledger nor the event loop, and loses nothing', async () => {
    const storage = await bench.storage(bench.fresh());
    const other = new Sqlite(storage.databasePath, { fileMustExist: true });
    try {
      other.exec('BEGIN IMMEDIATE');
      storage.write([
        { type: 'run', row: run('run-1') },
        { type: 'span', row: span('s', 'run-1'), payload: null },
      ]);
      const stored = storage.flush();
      const g = storage.nextG();
      let longest = 0;
      let last = performance.now();
      const ticker = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }, 1);
      for (let n = 0; n < 20; n += 1) {
        await storage.ledger.admit(ask(`c${n}`), [limit(100_000)]);
        await storage.ledger.settle(`c${n}`, settlement(1));
      }
      clearInterval(ticker);
      assert.equal(await storage.reader.run('run-1'), null, 'reads go on too');
      assert.ok(longest < 1000, `the event loop stood still for ${longest} ms`);
      other.exec('COMMIT');
      await stored;
      assert.equal(await g, 1);
      assert.equal((await storage.reader.trace('run-1')).length, 1);
      assert.equal(storage.heard.dropped, 0);
    } finally {
      other.close();
    }
  });

  it('a ledger that another window holds for a moment is waited for', async () => {
    const storage = await bench.storage(bench.fresh());
    const other = new Sqlite(storage.ledgerPath, { fileMustExist: true });
    try {
      other.exec('BEGIN IMMEDIATE');
      const admissions = Promise.all([
        storage.ledger.admit(ask('a'), [limit(100)]),
        storage.ledger.admit(ask('b'), [limit(100)]),
      ]);
      setTimeout(() => other.exec('COMMIT'), 150);
      assert.deepEqual(
        (await admissions).map(({ kind }) => kind),
        ['admitted', 'wait'],
      );
    } finally {
      other.close();
    }
  });
});
