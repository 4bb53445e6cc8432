import assert from 'node:assert/strict';
import fc from 'fast-check';
import { modelToolName } from '../../../src/tools/mcp/names.ts';

describe('names of server tools', () => {
  it('keeps both names where they fit', () => {
    assert.equal(modelToolName('everything', 'get-sum'), 'mcp__everything__get-sum');
    assert.equal(modelToolName('my_server', 'do_it'), 'mcp__my_server__do_it');
  });

  it('gives two tools two names, though their plain form is the same', () => {
    const pairs = [
      ['a', 'b__c'],
      ['a__b', 'c'],
      ['a_', 'b'],
      ['a', '_b'],
      ['a.b', 'c'],
      ['a/b', 'c'],
      ['a', 'x'.repeat(100)],
      ['a', 'x'.repeat(101)],
    ] as const;
    const names = pairs.map(([server, tool]) => modelToolName(server, tool));
    assert.equal(new Set(names).size, names.length, names.join('\n'));
  });

  it('is a name that providers take, whatever the server says, and always the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ unit: 'binary' }), (server, tool) => {
        const name = modelToolName(server, tool);
        assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
        assert.equal(modelToolName(server, tool), name);
      }),
    );
  });

  it('cannot be mistaken: names that differ stay different', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '_', '-', '.'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(part, part, part, part, (s1, t1, s2, t2) => {
        if (s1 === s2 && t1 === t2) return;
        assert.notEqual(modelToolName(s1, t1), modelToolName(s2, t2));
      }),
      { numRuns: 2000 },
    );
  });
});
