import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { Bench, pathOf, peek, testWriterPath } from './support/open.ts';
import { ask, at, limit, settlement, use } from './support/rows.ts';

describe('storage: the ledger', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('holds what is asked, refuses what can never fit and lets wait what others hold', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    const limits = [limit(250), limit(1000, { resource: 'tokens', name: 'tokens' })];
    assert.deepEqual(await ledger.admit(ask('a'), limits), { kind: 'admitted' });
    assert.deepEqual(await ledger.admit(ask('b'), limits), { kind: 'admitted' });
    assert.deepEqual(await ledger.admit(ask('c'), limits), {
      kind: 'wait',
      limit: limits[0],
      use: use(0, 200, 250),
    });
    await ledger.settle('a', settlement(90));
    await ledger.release('b');
    await ledger.release('c');
    assert.deepEqual(await ledger.admit(ask('d', { nusd: 161 }), limits), {
      kind: 'refused',
      limit: limits[0],
      use: use(90, 0, 250),
    });
    assert.deepEqual(await ledger.admit(ask('e', { nusd: 160 }), limits), { kind: 'admitted' });
    assert.deepEqual(await ledger.use(limits), [use(90, 160, 250), use(7, 10, 1000)]);
    assert.deepEqual(await ledger.admit(ask('f', { nusd: 5 }), [limit(4, { scope: 'call' })]), {
      kind: 'refused',
      limit: limit(4, { scope: 'call' }),
      use: use(0, 0, 4),
    });
  });

  it('never takes a limit that is no number for no limit', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    assert.equal((await ledger.admit(ask('a'), [limit(Number.NaN)])).kind, 'refused');
    await assert.rejects(ledger.admit(ask('a', { nusd: Number.NaN }), []), { code: 'INTERNAL' });
    await assert.rejects(ledger.admit(ask('a', { tokens: -1 }), []), { code: 'INTERNAL' });
    await assert.rejects(ledger.settle('a', settlement(0.5)), { code: 'INTERNAL' });
  });

  it('counts a call once however often it is settled; the last settlement stands, and the first stays in the book', async () => {
    const storage = await bench.storage(bench.fresh());
    const { ledger } = storage;
    await ledger.admit(ask('a'), []);
    await ledger.sent('a');
    await ledger.sent('a');
    await Promise.all([ledger.settle('a', settlement(50)), ledger.settle('a', settlement(50))]);
    await ledger.settle('a', settlement(70, { responseModel: 'other', at: at + 9 }));
    await ledger.release('a');
    const row = await ledger.call('a');
    assert.deepEqual(row, await storage.reader.call('a'));
    assert.deepEqual(
      [row?.state, row?.nusd, row?.settledAt, row?.responseModel, row?.reservedNusd],
      ['settled', 70, at + 9, 'other', 100],
    );
    assert.deepEqual(row?.rates, [{ bucket: 'input', tokens: 3, usdPerMillion: 1, nusd: 70 }]);
    assert.deepEqual(await ledger.use([limit(0)]), [use(70, 0, 0)]);
    const book = peek(storage.ledgerPath, (db) =>
      db.prepare('SELECT entry, usd_nusd FROM ledger ORDER BY entry_id').raw().all(),
    );
    assert.deepEqual(book, [
      ['reserve', 0],
      ['sent', 0],
      ['settle', 50],
      ['reverse', -50],
      ['settle', 70],
    ]);
    assert.throws(() => peek(storage.ledgerPath, (db) => db.exec('DELETE FROM ledger')), /append-only/);
    await assert.rejects(ledger.admit(ask('a'), []), { code: 'INTERNAL' });
  });

  it('counts a limit per model and run by that run’s calls only, settled and held', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    const ofRun = (runId: string) => limit(250, { scope: 'model', key: 'gpt*', runId });
    for (const [callId, runId] of [
      ['a', 'run-1'],
      ['b', 'run-2'],
    ] as const) {
      await ledger.admit(ask(callId, { model: 'gpt-5', runId }), [ofRun(runId)]);
      await ledger.settle(callId, settlement(150));
    }
    await ledger.admit(ask('c', { model: 'gpt-5', runId: 'run-1', nusd: 60 }), [ofRun('run-1')]);
    assert.deepEqual(await ledger.use([ofRun('run-1'), ofRun('run-2'), limit(250, { scope: 'model', key: 'gpt*' })]), [
      use(150, 60, 250),
      use(150, 0, 250),
      use(300, 60, 250),
    ]);
    const refused = await ledger.admit(ask('d', { model: 'gpt-5', runId: 'run-2', nusd: 101 }), [ofRun('run-2')]);
    assert.equal(refused.kind, 'refused');
  });

  it('admits a call twice as once, and lets none be sent for which nothing is held', async () => {
    const { ledger } = await bench.storage(bench.fresh());
    await ledger.admit(ask('a'), [limit(100)]);
    assert.deepEqual(await ledger.admit(ask('a'), [limit(100)]), { kind: 'admitted' });
    assert.deepEqual(await ledger.use([limit(100)]), [use(0, 100, 100)]);
    await ledger.release('a');
    await ledger.release('a');
    await assert.rejects(ledger.sent('a'), { code: 'CALL_NOT_FOUND' });
    await assert.rejects(ledger.settle('unknown', settlement(1)), { code: 'CALL_NOT_FOUND' });
    assert.equal((await ledger.call('a'))?.state, 'released');
    assert.equal(await ledger.call('unknown'), null);
  });

  it('decides admissions that arrive together in their order, against each other, in far fewer commits', async () => {
    const storage = await bench.storage(bench.fresh());
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => storage.ledger.admit(ask(`c${n}`), [limit(4000)])),
    );
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      Array.from({ length: 100 }, (_, n) => (n < 40 ? 'admitted' : 'wait')),
    );
    // Each commit ends with one frame that carries the size of the database: count them in the log.
    const commits = peek(storage.ledgerPath, () => commitsIn(`${storage.ledgerPath}-wal`));
    assert.ok(commits <= 4, `${commits} commits for 40 admissions`);
  });

  it('trap: second window spends the same budget again', async () => {
    const path = bench.fresh();
    const storage = await bench.storage(path);
    const budget = 12_345;
    // While all of it is held, the calls of both processes get in line; those in line come before any later one.
    await storage.ledger.admit(ask('all', { nusd: budget }), [limit(budget)]);
    const ends = [spend(path, 'p1', budget), spend(path, 'p2', budget)];
    while (peek(storage.ledgerPath, (db) => db.prepare('SELECT COUNT(*) FROM waiting').pluck().get()) !== 16)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await storage.ledger.release('all');
    const spent = await Promise.all(ends);
    const [used] = await storage.ledger.use([limit(budget)]);
    assert.equal(used?.held, 0);
    assert.equal(used?.settled, (spent[0] ?? 0) + (spent[1] ?? 0));
    assert.ok((used?.settled ?? 0) <= budget, `${used?.settled} of ${budget}`);
    assert.ok((used?.settled ?? 0) > budget - 100, 'the budget was used up');
    assert.ok(
      spent.every((each) => each >= 8 * 40),
      `both got what they were in line for: ${spent.join(' and ')}`,
    );
  });

  it('fails closed while another program locks the file, and goes on by itself after', async () => {
    const storage = await bench.storage(bench.fresh(), { writerPath: testWriterPath });
    await storage.ledger.admit(ask('held'), []);
    const other = new Sqlite(storage.ledgerPath, { fileMustExist: true });
    try {
      other.exec('BEGIN IMMEDIATE');
      await assert.rejects(storage.ledger.admit(ask('a'), []), {
        code: 'LEDGER_UNAVAILABLE',
        message: /is locked by another program/,
      });
      await assert.rejects(storage.ledger.settle('held', settlement(30)), { code: 'LEDGER_UNAVAILABLE' });
      assert.equal(storage.health().ledger, 'unavailable');
      other.exec('COMMIT');
    } finally {
      other.close();
    }
    assert.deepEqual(await storage.ledger.admit(ask('a'), []), { kind: 'admitted' });
    assert.deepEqual(storage.health(), { ledger: 'ok', history: 'ok', message: null });
    await storage.close(5000);
    // The settlement that failed was not forgotten.
    const again = await bench.storage(storage.databasePath);
    assert.equal((await again.ledger.call('held'))?.nusd, 30);
  });
});

const spenderPath = pathOf('./spender.ts');

/** Runs a process that spends until it is refused; returns what it settled. */
async function spend(path: string, name: string, budget: number): Promise<number> {
  const child = spawn(process.execPath, [spenderPath, path, name, String(budget)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0);
  return Number(out);
}

function commitsIn(log: string): number {
  const bytes = readFileSync(log);
  const pageSize = bytes.readUInt32BE(8);
  let commits = 0;
  for (let frame = 32; frame + 24 + pageSize <= bytes.length; frame += 24 + pageSize) {
    if (bytes.readUInt32BE(frame + 8) === bytes.readUInt32BE(16) && bytes.readUInt32BE(frame + 4) > 0) commits += 1;
  }
  return commits;
}
