import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cutPlainText, plainLine, plainText } from '../../../src/tools/mcp/plain-text.ts';

describe('a server’s text made plain', () => {
  it('loses what cannot be seen, and keeps lines, tabs and what people write', () => {
    assert.equal(plainText('a\u0000b\u001b[31m\r\nc\td\u202e\u{e0041}\ufeff'), 'ab[31m\nc\td');
    assert.equal(plainText('naïve 👩‍👩‍👧 日本 می‌خواهم'), 'naïve 👩‍👩‍👧 日本 می‌خواهم');
    assert.equal(plainText('a\ud800b'), 'ab');
  });

  it('is cut at its bound, never in the middle of a character, and says so', () => {
    assert.equal(cutPlainText('abcdef', 6), 'abcdef');
    assert.equal(cutPlainText('abcdefg', 6), 'abcde…');
    assert.equal(cutPlainText('abcd👩g', 6), 'abcd…');
    assert.equal(plainLine(' a\n\n b\tc ', 10), 'a b c');
  });

  it('keeps its bound whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
        const cut = cutPlainText(text, max);
        assert.ok(cut.length <= max && !/\p{Cs}/u.test(cut));
        assert.doesNotMatch(plainLine(text, max), /\p{Cc}/u);
      }),
    );
  });
});
