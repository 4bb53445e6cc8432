import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { historySchema } from '../../src/storage/migrations/lists.ts';
import { connect } from '../../src/storage/writer/connection.ts';
import { createWhole, identityOf, makeWhole, replaceDamaged } from '../../src/storage/writer/files.ts';
import { Bench, peek } from './support/open.ts';

describe('storage: files', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('replaces only the file that was seen to be damaged, never the new one that another process put there', () => {
    const path = bench.fresh();
    mkdirSync(dirname(path));
    writeFileSync(path, 'noise');
    writeFileSync(`${path}-wal`, 'its log');
    const seen = identityOf(path);
    const isSeen = (): boolean => identityOf(path) === seen;
    const { replaced, kept } = replaceDamaged(path, makeWhole(path, historySchema, 'normal', connect), isSeen);
    assert.ok(replaced && kept !== null);
    assert.equal(readFileSync(kept, 'utf8'), 'noise');
    assert.equal(readFileSync(`${kept}-wal`, 'utf8'), 'its log');
    const fresh = identityOf(path);
    writeFileSync(`${path}.late`, 'late');
    assert.deepEqual(replaceDamaged(path, `${path}.late`, isSeen), { replaced: false, kept: null });
    assert.equal(identityOf(path), fresh);
    assert.equal(readdirSync(dirname(path)).length, 4, 'no lock or half-made file is left');
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
