import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { isHaiosError } from '../../src/core/errors.ts';
import { Bench } from '../storage/support/open.ts';
import { ask, limit, run, settlement, span, use } from '../storage/support/rows.ts';

describe('faults 5: a file that is corrupt, truncated or no database', () => {
  const bench = new Bench();
  after(() => bench.end());

  /** A pair of files with rows in them, closed; the history large enough to have pages to hurt. */
  async function filled(): Promise<{ path: string; ledger: string }> {
    const storage = await bench.storage(bench.fresh());
    for (let n = 0; n < 40; n += 1) await storage.nextG();
    for (let n = 0; n < 300; n += 1)
      storage.write([{ type: 'span', row: span(`s${n}`, 'run-1'), payload: { input: 'x'.repeat(500), output: '' } }]);
    storage.write([{ type: 'run', row: run('run-1') }]);
    for (let n = 0; n < 60; n += 1)
      await Promise.all([storage.ledger.admit(ask(`c${n}`), []), storage.ledger.settle(`c${n}`, settlement(5))]);
    await storage.close(5000);
    return { path: storage.databasePath, ledger: storage.ledgerPath };
  }
  const damages: Record<string, (path: string) => void> = {
    'not a database': (path) => writeFileSync(path, 'These are my notes.\n'.repeat(500)),
    'a single byte': (path) => writeFileSync(path, 'x'),
    'cut in the middle': (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096),
    'cut within a page': (path) => truncateSync(path, statSync(path).size - 1000),
    'a header of zeros': (path) => overwrite(path, 0, Buffer.alloc(100)),
    'pages of noise': (path) => {
      for (let page = 1; page < statSync(path).size / 4096; page += 1)
        overwrite(path, page * 4096, Buffer.alloc(64, 0xee));
    },
  };

  for (const [name, damage] of Object.entries(damages)) {
    it(`history, ${name}: set aside and kept, a new one begun, told once; g goes on growing and the ledger is whole`, async () => {
      const { path } = await filled();
      damage(path);
      const damaged = readFileSync(path);
      const storage = await bench.storage(path);
      assert.deepEqual(
        storage.notices.map(({ code, level }) => [code, level]),
        [['DATABASE_DAMAGED', 'warning']],
      );
      const kept = aside(path);
      assert.equal(kept.length, 1);
      assert.match(kept[0] ?? '', /^haios\.damaged-\d{8}-\d{6}\.db$/);
      assert.ok(storage.notices[0]?.message.includes(kept[0] ?? '?'));
      assert.deepEqual(readFileSync(join(dirname(path), kept[0] ?? '')), damaged);
      assert.deepEqual(storage.health(), { ledger: 'ok', history: 'ok', message: null });
      assert.equal(await storage.nextG(), 41);
      assert.deepEqual(await storage.ledger.use([limit(1)]), [use(300, 0, 1)]);
      storage.write([{ type: 'run', row: run('run-2') }]);
      await storage.flush();
      assert.equal((await storage.reader.run('run-2'))?.runId, 'run-2');
      await storage.close(5000);
      const again = await bench.storage(path);
      assert.deepEqual(again.notices, []);
      assert.equal(aside(path).length, 1);
    });

    it(`ledger, ${name}: paid calls are refused and the file stays until a person agrees; then it is kept and a new one begun`, async () => {
      const { path, ledger } = await filled();
      damage(ledger);
      const damaged = readFileSync(ledger);
      const storage = await bench.storage(path);
      assert.equal(storage.health().ledger, 'damaged');
      assert.deepEqual(
        storage.notices.map(({ code, level }) => [code, level]),
        [['LEDGER_DAMAGED', 'error']],
      );
      for (let n = 0; n < 2; n += 1)
        await assert.rejects(storage.ledger.admit(ask('a'), []), { code: 'LEDGER_DAMAGED' });
      storage.write([{ type: 'run', row: run('run-2') }]);
      await storage.flush();
      assert.equal((await storage.reader.run('run-2'))?.runId, 'run-2', 'the history works on');
      assert.deepEqual(readFileSync(ledger), damaged);
      await storage.newLedger();
      assert.deepEqual(await storage.ledger.admit(ask('a'), []), { kind: 'admitted' });
      assert.deepEqual(storage.health(), { ledger: 'ok', history: 'ok', message: null });
      const kept = aside(ledger);
      assert.equal(kept.length, 1);
      assert.deepEqual(readFileSync(join(dirname(ledger), kept[0] ?? '')), damaged);
      await storage.newLedger();
      assert.deepEqual(await storage.ledger.use([limit(1)]), [use(0, 100, 1)], 'a sound ledger is never begun anew');
    });
  }

  it('ledger cut to nothing: that is damage too, with and without its log', async () => {
    const { path, ledger } = await filled();
    truncateSync(ledger, 0);
    const storage = await bench.storage(path);
    assert.equal(storage.health().ledger, 'damaged');
    await storage.close(5000);
    const agreed = await bench.storage(path, { newLedger: true });
    assert.equal(agreed.health().ledger, 'ok');
    assert.equal(aside(ledger).length, 1);
  });

  it('damaged while it is open: found at the next use, mended or refused in the same way', async () => {
    const { path, ledger } = await filled();
    const storage = await bench.storage(path);
    await storage.ledger.admit(ask('held'), []);
    await storage.ledger.sent('held');
    for (const file of [path, ledger]) {
      rmSync(`${file}-wal`, { force: true });
      writeFileSync(file, 'noise '.repeat(5000));
    }
    const second = await bench.storage(path);
    assert.equal(second.notices.length, 2);
    await assert.rejects(second.ledger.admit(ask('a'), []), { code: 'LEDGER_DAMAGED' });
    await second.newLedger();
    // The first window notices that both files are new ones, and what it spends still counts.
    storage.write([{ type: 'run', row: run('run-3') }]);
    await storage.flush();
    assert.equal((await second.reader.run('run-3'))?.runId, 'run-3');
    await storage.ledger.settle('held', settlement(70));
    assert.deepEqual(await second.ledger.use([limit(1)]), [use(70, 0, 1)]);
    assert.equal((await storage.reader.run('run-3'))?.runId, 'run-3');
  });

  it('two that open a damaged history at once set it aside once, and both work', async () => {
    const { path } = await filled();
    writeFileSync(path, 'noise '.repeat(5000));
    const both = await Promise.all([bench.storage(path), bench.storage(path), bench.storage(path)]);
    assert.equal(aside(path).length, 1);
    assert.equal(both.flatMap(({ notices }) => notices).length, 1);
    both.forEach((storage, n) => storage.write([{ type: 'run', row: run(`run-${n}`) }]));
    await Promise.all(both.map((storage) => storage.flush()));
    assert.equal((await both[0].reader.runs({ limit: 10, cursor: null })).rows.length, 3);
    assert.deepEqual(await both[0].reader.integrity(), { history: 'ok', ledger: 'ok' });
  });

  it('a path that cannot be used is refused with the path in the sentence, and nothing is left there', async () => {
    const folder = dirname(bench.fresh());
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), 'x');
    for (const path of [folder, join(folder, 'file', 'h.db'), '/proc/self/h.db']) {
      await assert.rejects(bench.storage(path), (error: unknown) => {
        assert.ok(isHaiosError(error, 'DATABASE_UNAVAILABLE'), String(error));
        assert.ok(error.message.includes(dirname(path)), error.message);
        return true;
      });
    }
    assert.deepEqual(readdirSync(folder), ['file']);
  });

  it('the file of a living window is not set aside because another one is just writing to it', async () => {
    const storage = await bench.storage(bench.fresh());
    await storage.ledger.admit(ask('a'), []);
    const writing = new Sqlite(storage.ledgerPath, { fileMustExist: true });
    try {
      writing.exec('BEGIN IMMEDIATE; UPDATE counters SET value = 5');
      const second = await bench.storage(storage.databasePath);
      assert.equal(second.health().ledger, 'ok');
      assert.deepEqual(second.notices, []);
    } finally {
      writing.close();
    }
    assert.ok(existsSync(storage.ledgerPath));
  });
});

function aside(path: string): readonly string[] {
  const stem = path.endsWith('ledger.db') ? 'ledger.damaged' : 'haios.damaged';
  return readdirSync(dirname(path)).filter((name) => name.startsWith(stem) && name.endsWith('.db'));
}

function overwrite(path: string, position: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}
