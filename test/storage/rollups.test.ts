import assert from 'node:assert/strict';
import fc from 'fast-check';
import Sqlite from 'better-sqlite3';
import { totalTokens } from '../../src/protocol/rows.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { boundsOf, rollupDifferences, settledBetween, settledOfRuns, totals } from '../../src/storage/rollups.ts';
import { LedgerBook } from '../../src/storage/writer/ledger-book.ts';
import { Bench, peek } from './support/open.ts';
import { ask, at, settlement } from './support/rows.ts';

const day = 86_400_000;

describe('storage: rollups', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('any time, to the millisecond, adds up to its rows', () => {
    const db = new Sqlite(':memory:');
    migrate(db, ledgerSchema.migrations, ':memory:');
    const book = new LedgerBook();
    for (let n = 0; n < 400; n += 1) {
      const moment = at + Math.floor(((n * 7919) % 400) ** 2 * 3_001.7);
      const call = { runId: `run-${n % 5}`, taskId: `task-${n % 9}`, model: n % 2 === 0 ? 'a' : 'b', at: moment };
      book.admit(db, ask(`c${n}`, call), []);
      book.settle(db, `c${n}`, settlement(n, { at: moment }), null);
      if (n % 10 === 0) book.settle(db, `c${n}`, settlement(n + 1, { at: moment + n * 1_000 }), null);
    }
    assert.equal(rollupDifferences(db), 0);
    const rows = db.prepare(
      'SELECT SUM(usd_nusd) AS usd_nusd, SUM(total_tokens) AS total_tokens FROM ledger WHERE pricing IS NOT NULL AND at >= ? AND at < ?',
    );
    // Half of the ends lie at or beside a row, where one too many or too few would show.
    const places = db.prepare('SELECT at FROM ledger WHERE pricing IS NOT NULL').pluck().all() as number[];
    const beside = fc.tuple(fc.constantFrom(...places), fc.integer({ min: -1, max: 30_000 })).map(([a, b]) => a + b);
    const moment = fc.oneof(fc.integer({ min: at - day, max: at + 7 * day }), beside);
    fc.assert(
      fc.property(moment, moment, (since, until) => {
        const expected = rows.get(since, until);
        for (const [from, values] of [
          [settledBetween('TRUE'), boundsOf({ since, until })],
          [settledOfRuns, { since, until }],
        ] as const) {
          const { usd_nusd, total_tokens } = db.prepare(`SELECT ${totals} FROM ${from}`).get(values) as Record<
            string,
            number
          >;
          assert.deepEqual({ usd_nusd, total_tokens }, expected);
        }
      }),
      { numRuns: 500 },
    );
    db.close();
  });

  it('rollups that differ from the rows are found, said and made anew', async () => {
    const storage = await bench.storage(bench.fresh());
    await storage.ledger.admit(ask('a'), []);
    await storage.ledger.settle('a', settlement(70));
    assert.equal((await storage.reader.integrity()).ledger, 'ok');
    peek(storage.ledgerPath, (db) => db.exec('UPDATE rollups SET usd_nusd = 1 WHERE span = 86400000'));
    assert.match((await storage.reader.integrity()).ledger, /^2 rollups differed from the rows .* made anew$/);
    assert.equal((await storage.reader.integrity()).ledger, 'ok');
    assert.equal((await storage.reader.total({ since: 0, until: at + 9 * day })).nusd, 70);
  });

  it('lists the calls that passed their reservation, by their last settlement, with the size', async () => {
    const { ledger, reader } = await bench.storage(bench.fresh());
    for (const [callId, nusd, moment] of [
      ['within', 100, at],
      ['over', 130, at + 1],
      ['corrected', 150, at + 2],
      ['later', 101, at + 9],
    ] as const) {
      await ledger.admit(ask(callId), []);
      await ledger.settle(callId, settlement(nusd, { at: moment }));
    }
    await ledger.settle('corrected', settlement(90, { at: at + 2 }));
    const { overruns } = await reader.settled({ since: at, until: at + 9, most: 10 });
    assert.deepEqual(
      overruns.map(({ callId, nusd, reservedNusd, tokens, reservedTokens }) => [
        callId,
        nusd - reservedNusd,
        Math.max(0, totalTokens(tokens) - reservedTokens),
      ]),
      [['over', 30, 0]],
    );
  });
});
