import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rollupDifferences } from '../../src/storage/rollups.ts';
import { backupPathOf } from '../../src/storage/writer/backup-files.ts';
import { dayOf } from '../../src/storage/reader/days.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { Bench, peek } from '../storage/support/open.ts';
import { ask, limit, settlement } from '../storage/support/rows.ts';

const dayMs = 86_400_000;
const noon = new Date(2026, 10, 25, 12).getTime();

describe('backups of the ledger', () => {
  const bench = new Bench();
  after(() => bench.end());

  async function spend(storage: Storage, from: number, calls: number): Promise<void> {
    for (let n = from; n < from + calls; n += 1) {
      await storage.ledger.admit(ask(`c${n}`), []);
      await storage.ledger.sent(`c${n}`);
      await storage.ledger.settle(`c${n}`, settlement(5));
    }
  }
  const spent = async (storage: Storage): Promise<readonly number[]> => {
    const [use] = await storage.ledger.use([limit(1)]);
    return [use?.settled ?? -1, use?.held ?? -1];
  };
  const folderOf = (storage: Storage): string => join(dirname(storage.ledgerPath), 'backups');
  const listed = (storage: Storage): readonly string[] => readdirSync(folderOf(storage)).sort();
  const damage = (path: string): void => {
    rmSync(`${path}-wal`, { force: true });
    writeFileSync(path, 'noise '.repeat(5000));
  };

  it('a backup is one file (0600) with the day in its name, equal to the ledger, and made once a day', async () => {
    const storage = await bench.storage(bench.fresh());
    assert.equal(await storage.backups.make(noon), null, 'an empty ledger needs none');
    assert.equal(await storage.backups.newest(), null);
    await spend(storage, 0, 20);
    await storage.ledger.settle('c3', settlement(7));
    const made = await storage.backups.make(noon);
    assert.deepEqual(made, { at: noon, calls: 20, nusd: 102 });
    assert.deepEqual(listed(storage), ['ledger-2026-11-25.db']);
    assert.equal(statSync(backupPathOf(storage.ledgerPath, noon)).mode & 0o777, 0o600);
    assert.equal(statSync(folderOf(storage)).mode & 0o777, 0o700);
    await spend(storage, 20, 1);
    assert.deepEqual(await storage.backups.make(noon + 1000), made, 'the day has its backup');
    assert.deepEqual(await storage.backups.newest(), made);
    const rows = (path: string): unknown =>
      peek(path, (db) => db.prepare('SELECT * FROM ledger WHERE entry_id <= 62 ORDER BY entry_id').all());
    assert.deepEqual(rows(backupPathOf(storage.ledgerPath, noon)), rows(storage.ledgerPath));
  });

  it('keeps the newest seven and nothing half-made; a damaged one of today is made anew', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 3);
    await storage.backups.make(noon);
    const first = backupPathOf(storage.ledgerPath, noon);
    for (let day = 1; day < 8; day += 1) copyFileSync(first, backupPathOf(storage.ledgerPath, noon + day * dayMs));
    await storage.backups.make(noon + 8 * dayMs);
    assert.deepEqual(
      listed(storage),
      Array.from({ length: 7 }, (_, n) => `ledger-${dayOf(noon + (n + 2) * dayMs)}.db`),
    );
    const today = backupPathOf(storage.ledgerPath, noon + 9 * dayMs);
    writeFileSync(today, 'noise');
    const left = `${today}.new-1-abc`;
    writeFileSync(left, 'half');
    utimesSync(left, 1, 1);
    writeFileSync(join(folderOf(storage), 'notes.txt'), 'mine');
    assert.equal((await storage.backups.make(noon + 9 * dayMs))?.calls, 3);
    assert.equal(listed(storage).length, 8);
    assert.ok(existsSync(join(folderOf(storage), 'notes.txt')));
    assert.ok(!existsSync(left));
  });

  it('is made while other processes and this one write, and is one state of the ledger', async () => {
    const storage = await bench.storage(bench.fresh());
    const second = await bench.storage(storage.databasePath);
    await spend(storage, 0, 5);
    let busy = true;
    const writing = (async () => {
      for (let n = 100; busy; n += 1) await spend(n % 2 === 0 ? storage : second, n, 1);
    })();
    for (let day = 0; day < 3; day += 1) {
      const made = await storage.backups.make(noon + day * dayMs);
      assert.equal(made?.nusd, (made?.calls ?? 0) * 5);
      assert.deepEqual(await second.backups.newest(), made);
    }
    busy = false;
    await writing;
  });

  it('a damaged ledger is not backed up, and its backups are not dropped for it', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 3);
    const made = await storage.backups.make(noon);
    await storage.close(5000);
    damage(storage.ledgerPath);
    const again = await bench.storage(storage.databasePath);
    await assert.rejects(again.backups.make(noon + dayMs), { code: 'LEDGER_DAMAGED' });
    assert.deepEqual(listed(again), ['ledger-2026-11-25.db']);
    assert.deepEqual(await again.backups.newest(), made);
  });

  it('a lost row of an index is damage, too', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 3);
    await storage.close(5000);
    peek(storage.ledgerPath, (db) => {
      db.unsafeMode();
      db.exec(`PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = 'CREATE INDEX ledger_by_call ON ledger (run_id, entry)' WHERE name = 'ledger_by_call';`);
    });
    const again = await bench.storage(storage.databasePath);
    await assert.rejects(again.backups.make(noon), { code: 'LEDGER_DAMAGED' });
    assert.equal(existsSync(backupPathOf(again.ledgerPath, noon)), false);
  });

  for (const [name, harm] of Object.entries<(path: string) => void>({
    'not a database': (path) => damage(path),
    'cut in the middle': (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096),
    'cut to nothing': (path) => truncateSync(path, 0),
    'a page of noise': (path) => {
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(4096, 0xee), 0, 4096, 8192);
      closeSync(file);
    },
    gone: (path) => rmSync(path),
  })) {
    it(`ledger, ${name}: refused until a person chooses, then the newest whole backup is put in its place`, async () => {
      const storage = await bench.storage(bench.fresh());
      await spend(storage, 0, 40);
      const made = await storage.backups.make(noon);
      await spend(storage, 40, 10);
      await storage.close(5000);
      harm(storage.ledgerPath);
      const kept = existsSync(storage.ledgerPath) ? readFileSync(storage.ledgerPath) : null;

      const again = await bench.storage(storage.databasePath);
      assert.equal(again.health().ledger, 'damaged');
      await assert.rejects(again.ledger.admit(ask('a'), []), { code: 'LEDGER_DAMAGED' });
      assert.deepEqual(
        again.notices.map(({ code, level }) => [code, level]),
        [['LEDGER_DAMAGED', 'error']],
      );
      assert.match(again.notices[0]?.message ?? '', /--restore-ledger/);
      assert.deepEqual(await again.backups.newest(), made);
      assert.deepEqual(await again.backups.restore(), made);
      assert.deepEqual(again.health(), { ledger: 'ok', history: 'ok', message: null });
      assert.deepEqual(await spent(again), [200, 0], 'budgets go on from the backup');
      const told = again.heard.notices.at(-1);
      assert.equal(told?.level, 'warning');
      assert.match(
        told?.message ?? '',
        /restored from its backup of 25 Nov.* \(40 calls, \$0\.0+2\)\. Calls made after that are not in it/,
      );
      const aside = readdirSync(dirname(again.ledgerPath)).filter((file) => /^ledger\.damaged-[\d-]+\.db$/.test(file));
      assert.equal(aside.length, kept === null ? 0 : 1);
      if (kept !== null) {
        assert.deepEqual(readFileSync(join(dirname(again.ledgerPath), aside[0] ?? '')), kept);
        assert.ok(told?.message.includes(aside[0] ?? '?'));
      }
      assert.equal(statSync(again.ledgerPath).mode & 0o777, 0o600);
      assert.deepEqual(await again.ledger.admit(ask('b'), [limit(300)]), { kind: 'admitted' });
      assert.equal(
        peek(again.ledgerPath, (db) =>
          db.prepare(`SELECT COUNT(*) FROM counters WHERE name LIKE 'backup%'`).pluck().get(),
        ),
        0,
      );
      assert.deepEqual(await again.reader.integrity(), { history: 'ok', ledger: 'ok' });
      assert.equal(readdirSync(dirname(again.ledgerPath)).filter((file) => /new-|repair/.test(file)).length, 0);
    });
  }

  it('a backup that is damaged, or lost a row, is passed over: the next one is used', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 5);
    const first = await storage.backups.make(noon);
    await spend(storage, 5, 5);
    await storage.backups.make(noon + dayMs);
    await storage.backups.make(noon + 2 * dayMs);
    await storage.backups.make(noon + 3 * dayMs);
    await storage.close(5000);
    peek(backupPathOf(storage.ledgerPath, noon + dayMs), (db) => {
      db.exec(`DROP TRIGGER ledger_keeps; DELETE FROM ledger WHERE entry_id = 6`);
    });
    truncateSync(backupPathOf(storage.ledgerPath, noon + 2 * dayMs), 8192);
    damage(backupPathOf(storage.ledgerPath, noon + 3 * dayMs));
    damage(storage.ledgerPath);
    const again = await bench.storage(storage.databasePath);
    assert.deepEqual(await again.backups.newest(), first);
    assert.deepEqual(await again.backups.restore(), first);
    assert.deepEqual(await spent(again), [25, 0]);
  });

  it('totals that were wrong in the ledger are made anew from its rows', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 5);
    peek(storage.ledgerPath, (db) => db.exec('UPDATE rollups SET usd_nusd = usd_nusd + 7'));
    await storage.backups.make(noon);
    await storage.close(5000);
    damage(storage.ledgerPath);
    const again = await bench.storage(storage.databasePath);
    await again.backups.restore();
    assert.deepEqual(await spent(again), [25, 0]);
    assert.equal(peek(again.ledgerPath, rollupDifferences), 0);
  });

  it('a stale backup is put back all the same, and its day is said', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 2);
    const old = new Date(2019, 2, 3, 4).getTime();
    await storage.backups.make(old);
    await storage.close(5000);
    damage(storage.ledgerPath);
    const again = await bench.storage(storage.databasePath);
    assert.deepEqual(await again.backups.restore(), { at: old, calls: 2, nusd: 10 });
    assert.match(again.heard.notices.at(-1)?.message ?? '', /backup of 3 Mar 2019 \(2 calls/);
  });

  it('without a whole backup nothing is restored, and the ledger stays damaged until a new one is agreed to', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 2);
    await storage.close(5000);
    damage(storage.ledgerPath);
    const again = await bench.storage(storage.databasePath);
    assert.equal(await again.backups.newest(), null);
    await assert.rejects(again.backups.restore(), { code: 'LEDGER_DAMAGED', message: /no whole backup.*--new-ledger/ });
    await assert.rejects(again.ledger.admit(ask('a'), []), { code: 'LEDGER_DAMAGED' });
    await again.newLedger();
    assert.deepEqual(await spent(again), [0, 0]);
  });

  it('a sound ledger is left alone', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 2);
    await storage.backups.make(noon);
    await spend(storage, 2, 2);
    await assert.rejects(storage.backups.restore(), { code: 'USAGE' });
    assert.deepEqual(await spent(storage), [20, 0]);
  });

  it('what was held when the backup was made is settled in full, and what is known better corrects it', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 2);
    for (const callId of ['reserved', 'sent']) await storage.ledger.admit(ask(callId), []);
    assert.equal((await storage.ledger.admit(ask('waits'), [limit(300)])).kind, 'wait');
    await storage.ledger.sent('sent');
    await storage.backups.make(noon);
    await storage.close(5000);
    damage(storage.ledgerPath);
    const again = await bench.storage(storage.databasePath);
    await again.backups.restore();
    assert.deepEqual(await spent(again), [10 + 200, 0]);
    assert.equal(peek(again.ledgerPath, rollupDifferences), 0);
    assert.deepEqual(
      await again.ledger.admit(ask('next'), [limit(310)]),
      { kind: 'admitted' },
      'nobody stands before it',
    );
    await again.ledger.release('next');
    await assert.rejects(again.ledger.sent('reserved'), { code: 'CALL_NOT_FOUND' });
    await again.ledger.settle('sent', settlement(30));
    assert.deepEqual(await spent(again), [10 + 100 + 30, 0]);
    const row = await again.ledger.call('reserved');
    assert.deepEqual([row?.state, row?.nusd, row?.estimated], ['settled', 100, true]);
  });

  it('two windows that restore at once put it in place once, and both go on with it; so does one that chose nothing', async () => {
    const first = await bench.storage(bench.fresh());
    await spend(first, 0, 6);
    const made = await first.backups.make(noon);
    await first.close(5000);
    damage(first.ledgerPath);
    const storage = await bench.storage(first.databasePath);
    const others = [await bench.storage(first.databasePath), await bench.storage(first.databasePath)] as const;
    for (const each of [storage, ...others])
      await assert.rejects(each.ledger.admit(ask('a'), []), { code: 'LEDGER_DAMAGED' });
    const both = await Promise.allSettled([storage.backups.restore(), others[0].backups.restore()]);
    assert.ok(both.some(({ status }) => status === 'fulfilled'));
    for (const each of both)
      if (each.status === 'fulfilled') assert.deepEqual(each.value, made);
      else assert.equal((each.reason as { code: string }).code, 'USAGE', 'it came when all was well again');
    const aside = readdirSync(dirname(storage.ledgerPath)).filter((file) => /^ledger\.damaged-[\d-]+\.db$/.test(file));
    assert.equal(aside.length, 1);
    let callId = 0;
    for (const each of [storage, ...others]) {
      assert.deepEqual(await each.ledger.admit(ask(`n${callId++}`), []), { kind: 'admitted' });
      assert.equal(each.health().ledger, 'ok');
    }
    assert.deepEqual(await spent(others[1]), [30, 300]);
    assert.deepEqual(await storage.reader.integrity(), { history: 'ok', ledger: 'ok' });
  });

  it('a backup of a newer version is passed over, and a missing ledger is not begun anew beside it', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 2);
    await storage.backups.make(noon);
    await storage.close(5000);
    const path = backupPathOf(storage.ledgerPath, noon);
    const next = join(dirname(path), basename(path).replace('25', '26'));
    copyFileSync(path, next);
    peek(next, (db) => db.pragma('user_version = 99'));
    renameSync(storage.ledgerPath, `${storage.ledgerPath}.lost`);
    const again = await bench.storage(storage.databasePath);
    assert.equal(again.health().ledger, 'damaged');
    assert.equal((await again.backups.restore()).at, noon);
  });

  it('a full disk: no backup, nothing half-made, and the ledger goes on (where a file system may be mounted)', async () => {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dirname(path)], { stdio: 'pipe' });
    } catch (error) {
      console.log(`      no file system may be mounted here (${String(error).split('\n')[0]})`);
      return;
    }
    try {
      const storage = await bench.storage(path);
      await spend(storage, 0, 5);
      await assert.rejects(storage.backups.make(noon), { code: 'LEDGER_UNAVAILABLE', message: /has not the space/ });
      assert.deepEqual(listed(storage), []);
      await spend(storage, 5, 1);
      assert.deepEqual(await spent(storage), [30, 0]);
      await storage.close(5000);
    } finally {
      execFileSync('umount', [dirname(path)], { stdio: 'pipe' });
    }
  });

  it('closing ends one that is under way, and nothing of it counts', async () => {
    const storage = await bench.storage(bench.fresh());
    await spend(storage, 0, 2);
    const making = storage.backups.make(noon);
    const ended = assert.rejects(making, { code: /LEDGER_UNAVAILABLE|DATABASE_UNAVAILABLE/ }).catch(async () => {
      assert.equal((await making)?.calls, 2);
    });
    await storage.close(5000);
    await ended;
    await assert.rejects(storage.backups.newest(), { code: 'LEDGER_UNAVAILABLE' });
  });
});
