import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { matches } from '../../../src/core/budget/pattern.ts';

describe('patterns of agents and models', () => {
  it('read as SQLite’s GLOB reads them, so that core and ledger count the same calls', () => {
    const db = new Sqlite(':memory:');
    const glob = db.prepare('SELECT @text GLOB @pattern').pluck();
    const letters = fc.constantFrom('a', 'b', '.', '-', '^', '$', '(', '😀');
    const word = (unit: fc.Arbitrary<string>) => fc.string({ unit, maxLength: 12 });
    fc.assert(
      fc.property(word(fc.oneof(letters, fc.constantFrom('*', '?'))), word(letters), (pattern, text) => {
        assert.equal(matches(pattern, text), glob.get({ pattern, text }) === 1, `${pattern} on ${text}`);
      }),
      { numRuns: 2000 },
    );
    db.close();
  });

  it('take nothing else in them for a pattern', () => {
    assert.ok(matches('gpt-5*', 'gpt-5-mini') && matches('gpt-?', 'gpt-5') && matches('*', ''));
    assert.ok(!matches('gpt.5', 'gpt-5') && !matches('gpt-5', 'gpt-5-mini') && !matches('GPT*', 'gpt'));
  });

  it('cost no more than both lengths, however many stars a stranger’s file has', () => {
    assert.equal(matches(`${'*a'.repeat(50)}b`, 'a'.repeat(100)), false);
  });
});
