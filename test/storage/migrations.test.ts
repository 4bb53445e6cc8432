import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { isHaiosError } from '../../src/core/errors.ts';
import { historySchema, ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { runFields, taskFields } from '../../src/storage/rows/run.ts';
import { upsert } from '../../src/storage/sql.ts';
import { Bench, peek } from './support/open.ts';
import { at, cost, run, task } from './support/rows.ts';

describe('storage: migrations', () => {
  const bench = new Bench();
  after(() => bench.end());

  for (const schema of [historySchema, ledgerSchema]) {
    it(`${schema.name}: from the version before, with its rows, to the last; again changes nothing`, () => {
      const db = new Sqlite(':memory:');
      const before = schema.migrations.slice(0, -1);
      migrate(db, before, 'x');
      assert.equal(db.pragma('user_version', { simple: true }), before.length);
      migrate(db, schema.migrations, 'x');
      migrate(db, schema.migrations, 'x');
      assert.equal(db.pragma('user_version', { simple: true }), schema.migrations.length);
      const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all();
      assert.deepEqual(tables, [...schema.tables].sort());
    });
  }

  it('takes the runs of version 1 along to the last, where they are history to predict from', async () => {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    const before = new Sqlite(path);
    migrate(before, historySchema.migrations.slice(0, 1), path);
    const rows = [
      run('run-1', { g: 1, status: 'succeeded', durationMs: 1500.5, endedAt: at, tasks: 1, cost: cost(77) }),
      run('run-2', { g: 2, status: 'failed' }),
    ];
    for (const row of rows) {
      const { cache_write_1h_tokens: _, labels: __, ...fields } = runFields(row);
      upsert(before, 'runs', ['run_id'], fields);
    }
    upsert(before, 'tasks', ['task_id'], taskFields(task('task-1', 'run-1', { type: 'question' })));
    before.close();

    const storage = await bench.storage(path);
    assert.deepEqual((await storage.reader.runs({ limit: 9, cursor: null })).rows, [...rows].reverse());
    assert.deepEqual(await storage.reader.pastRuns({ model: 'offline', prompt: 'inventory', limit: 9 }), [
      {
        type: 'question',
        promptChars: 9,
        model: 'offline',
        workspaceFiles: null,
        samePrompt: true,
        endedAt: at,
        durationMs: 1500.5,
        tokens: 77,
        nusd: 77,
        priceAs: null,
        memBytes: 0,
        tasks: 1,
      },
    ]);
  });

  it('leaves version and rows as they were when a migration fails half way', () => {
    const db = new Sqlite(':memory:');
    migrate(db, ['CREATE TABLE a (x)'], 'x');
    db.exec('INSERT INTO a VALUES (1)');
    assert.throws(
      () =>
        migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x); INSERT INTO b VALUES (1)', 'DROP TABLE a; oops'], 'x'),
      /syntax/,
    );
    assert.equal(db.pragma('user_version', { simple: true }), 1);
    assert.deepEqual(db.prepare('SELECT name FROM sqlite_schema').pluck().all(), ['a']);
    migrate(db, ['CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y DEFAULT 2'], 'x');
    assert.deepEqual(db.prepare('SELECT * FROM a').all(), [{ x: 1, y: 2 }]);
  });

  for (const which of ['haios.db', 'ledger.db'] as const) {
    it(`refuses a ${which} that a newer version wrote, in one sentence, and leaves it alone`, async () => {
      const storage = await bench.storage(bench.fresh());
      storage.write([{ type: 'run', row: run('run-1') }]);
      await storage.close(5000);
      const path = which === 'haios.db' ? storage.databasePath : storage.ledgerPath;
      peek(path, (db) => db.pragma('user_version = 99'));
      await assert.rejects(bench.storage(storage.databasePath), (error: unknown) => {
        assert.ok(isHaiosError(error, 'DATABASE_NEWER'));
        assert.ok(
          error.message.startsWith(
            `${path} has schema version 99, and this HAiOS knows only versions up to ${(which === 'haios.db' ? historySchema : ledgerSchema).migrations.length}:`,
          ),
          error.message,
        );
        return true;
      });
      assert.equal(
        peek(path, (db) => db.pragma('user_version', { simple: true })),
        99,
      );
    });
  }

  it('refuses the database of another program and does not touch it', async () => {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    const other = new Sqlite(path);
    other.exec('CREATE TABLE bookmarks (url); INSERT INTO bookmarks VALUES (1)');
    other.close();
    await assert.rejects(bench.storage(path), {
      code: 'DATABASE_UNAVAILABLE',
      message: /is a database of another program/,
    });
    assert.deepEqual(
      peek(path, (db) => db.prepare('SELECT name FROM sqlite_schema').pluck().all()),
      ['bookmarks'],
    );
  });

  it('names the columns of money _nusd, and nothing else in floats', async () => {
    const storage = await bench.storage(bench.fresh());
    for (const path of [storage.databasePath, storage.ledgerPath]) {
      const columns = peek(path, (db) =>
        db
          .prepare(
            `SELECT m.name || '.' || c.name AS name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`,
          )
          .all(),
      ) as readonly { name: string; type: string }[];
      assert.ok(columns.some(({ name }) => name.endsWith('_nusd')));
      for (const { name, type } of columns) {
        if (name.endsWith('_nusd')) assert.equal(type, 'INTEGER', name);
        assert.ok(
          !/usd|cost|price/.test(name) ||
            /_nusd$|price_as$|price_source$|unpriced_(calls|tokens)$|^cost_records\./.test(name),
          name,
        );
      }
    }
  });
});
