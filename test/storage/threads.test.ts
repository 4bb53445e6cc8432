import assert from 'node:assert/strict';
import { HaiosError } from '../../src/core/errors.ts';
import { Bench, testWriterPath } from './support/open.ts';
import { ask, limit, run, settlement, span } from './support/rows.ts';
import { order } from './support/test-orders.ts';

describe('storage: a thread that dies', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('rejects every pending request, is started again, and loses no row but spans and no settlement', async () => {
    const storage = await bench.storage(bench.fresh(), { writerPath: testWriterPath });
    await storage.ledger.admit(ask('before'), []);
    await order(storage.databasePath, 'crash');
    const asked = Array.from({ length: 20 }, (_, n) => storage.ledger.admit(ask(`c${n}`), [limit(100_000)]));
    const outcomes = await Promise.allSettled([
      ...asked,
      storage.nextG(),
      storage.ledger.settle('before', settlement(9)),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        assert.ok(outcome.reason instanceof HaiosError && /UNAVAILABLE$/.test(outcome.reason.code));
    }
    assert.ok(outcomes.some(({ status }) => status === 'rejected'));
    storage.write([
      { type: 'run', row: run('run-1') },
      { type: 'span', row: span('s', 'run-1'), payload: null },
    ]);
    await until(async () => (await storage.reader.run('run-1')) !== null);
    // Answers that were lost are released again: nothing stays held but what the caller knows of.
    const known = outcomes.filter(({ status }, n) => status === 'fulfilled' && n < 20).length;
    await until(async () => (await storage.ledger.use([limit(1)]))[0]?.held === known * 100);
    await until(async () => (await storage.ledger.call('before'))?.nusd === 9);
    assert.deepEqual(storage.health(), { ledger: 'ok', history: 'ok', message: null });
    assert.ok(storage.heard.errors.length >= 1);
  });

  it('says what is wrong when a thread cannot be started', async () => {
    await assert.rejects(bench.storage(bench.fresh(), { writerPath: '/nowhere/writer.cjs' }), {
      code: 'DATABASE_UNAVAILABLE',
    });
    await assert.rejects(bench.storage(bench.fresh(), { readerPath: '/nowhere/reader.cjs' }), {
      code: 'DATABASE_UNAVAILABLE',
    });
  });
});

async function until(met: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const now = await met().catch((error: unknown) => {
      if (error instanceof HaiosError) return false;
      throw error;
    });
    if (now) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
