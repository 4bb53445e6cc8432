import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { historySchema } from '../../src/storage/migrations/lists.ts';
import { connect } from '../../src/storage/writer/connection.ts';
import { createWhole, identityOf, setAside } from '../../src/storage/writer/files.ts';
import { Bench, peek } from './support/open.ts';

describe('storage: files', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('sets aside only the file that was seen to be damaged, never the new one that another process put there', () => {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    writeFileSync(path, 'noise');
    writeFileSync(`${path}-wal`, 'its log');
    const seen = identityOf(path);
    const isSeen = (): boolean => identityOf(path) === seen;
    const kept = setAside(path, isSeen) ?? '';
    assert.equal(readFileSync(kept, 'utf8'), 'noise');
    assert.equal(readFileSync(`${kept}-wal`, 'utf8'), 'its log');
    createWhole(path, historySchema, 'normal', connect);
    assert.equal(setAside(path, isSeen), null);
    assert.ok(existsSync(path));
    assert.equal(readdirSync(dirname(path)).length, 3, 'no lock or half-made file is left');
  });

  it('creates a database whole, and leaves one alone that is there already', () => {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    createWhole(path, historySchema, 'normal', connect);
    const identity = identityOf(path);
    peek(path, (db) => db.exec(`UPDATE counters SET value = 7`));
    createWhole(path, historySchema, 'normal', connect);
    assert.equal(identityOf(path), identity);
    assert.equal(
      peek(path, (db) => db.prepare('SELECT value FROM counters').pluck().get()),
      7,
    );
    assert.deepEqual(readdirSync(dirname(path)), ['haios.db']);
  });
});
