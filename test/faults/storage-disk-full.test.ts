import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Storage } from '../../src/storage/storage.ts';
import type { Heard } from '../storage/support/open.ts';
import { Bench, testWriterPath } from '../storage/support/open.ts';
import { ask, limit, run, settlement, span, task } from '../storage/support/rows.ts';
import { order } from '../storage/support/test-orders.ts';

describe('faults 3: disk full', () => {
  const bench = new Bench();
  after(() => bench.end());

  async function suffers(
    storage: Storage & { readonly heard: Heard },
    fill: () => Promise<unknown>,
    free: () => Promise<unknown>,
  ): Promise<void> {
    await storage.ledger.admit(ask('before'), [limit(10_000)]);
    await storage.ledger.sent('before');
    await fill();
    storage.write([
      { type: 'run', row: run('run-1') },
      { type: 'task', row: task('task-1', 'run-1') },
      ...Array.from(
        { length: 50 },
        (_, n) =>
          ({ type: 'span', row: span(`s${n}`, 'run-1', { error: 'x'.repeat(20_000) }), payload: null }) as const,
      ),
    ]);
    await storage.flush();
    assert.equal(storage.heard.dropped, 50);
    assert.equal(storage.health().history, 'unavailable');
    assert.match(storage.health().message ?? '', /^The disk is full: .* cannot grow\. Free some space\.$/);
    const big = { model: 'm'.repeat(20_000) };
    for (let n = 0; n < 3; n += 1)
      await assert.rejects(storage.ledger.admit(ask(`c${n}`, big), []), {
        code: 'LEDGER_UNAVAILABLE',
        message: /^The disk is full/,
      });
    await assert.rejects(storage.ledger.settle('before', settlement(30, { priceSource: 'x'.repeat(100_000) })), {
      code: 'LEDGER_UNAVAILABLE',
    });
    assert.equal(storage.health().ledger, 'unavailable');

    await free();
    assert.deepEqual(await storage.ledger.admit(ask('after'), [limit(10_000)]), { kind: 'admitted' });
    storage.write([{ type: 'span', row: span('later', 'run-1'), payload: null }]);
    await storage.flush();
    assert.deepEqual(storage.health(), { ledger: 'ok', history: 'ok', message: null });
    assert.equal((await storage.reader.run('run-1'))?.runId, 'run-1', 'rows other than spans waited');
    assert.equal((await storage.reader.tasks('run-1')).length, 1);
    assert.deepEqual(
      (await storage.reader.trace('run-1')).map(({ spanId }) => spanId),
      ['later'],
    );
    assert.equal(storage.heard.dropped, 50);
    await storage.close(5000);
    const again = await bench.storage(storage.databasePath);
    assert.equal((await again.ledger.call('before'))?.nusd, 30, 'the settlement that failed was not forgotten');
    assert.deepEqual(await again.reader.integrity(), { history: 'ok', ledger: 'ok' });
  }

  it('as SQLite reports it: spans dropped and counted, paid calls refused, and all of it goes on when there is room', async () => {
    const storage = await bench.storage(bench.fresh(), { writerPath: testWriterPath });
    await suffers(
      storage,
      () => order(storage.databasePath, 'fill'),
      () => order(storage.databasePath, 'free'),
    );
  });

  it('as a real file system of 2 MiB reports it (where one may be mounted)', async function () {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dirname(path)], { stdio: 'pipe' });
    } catch (error) {
      console.log(
        `      no file system may be mounted here (${String(error).split('\n')[0]}): only the simulated disk was filled`,
      );
      return;
    }
    try {
      const storage = await bench.storage(path);
      const ballast = join(dirname(path), 'ballast');
      await suffers(
        storage,
        () => {
          for (let size = 65_536; size >= 512; size /= 2) growUntilFull(`${ballast}${size}`, size);
          return Promise.resolve();
        },
        () => {
          for (let size = 65_536; size >= 512; size /= 2) rmSync(`${ballast}${size}`);
          return Promise.resolve();
        },
      );
    } finally {
      await bench.closeAll();
      execFileSync('umount', [dirname(path)], { stdio: 'pipe' });
    }
  });
});

function growUntilFull(path: string, size: number): void {
  const bytes = Buffer.alloc(size);
  try {
    for (;;) writeFileSync(path, bytes, { flag: 'a' });
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOSPC', String(error));
  }
}
