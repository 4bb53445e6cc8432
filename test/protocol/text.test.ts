import assert from 'node:assert/strict';
import { formatClock, formatDuration, oneLine, visible } from '../../src/protocol/text.ts';

describe('protocol/text', () => {
  it('makes control and reordering characters visible and keeps the rest', () => {
    assert.equal(visible('a\u001b[2Jb\u009bc\u202ed\u0000\u{e0041}'), 'a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{0}\\u{e0041}');
    assert.equal(visible('tab\tline\r\nnext 日本 👩‍👩‍👧'), 'tab\tline\nnext 日本 👩‍👩‍👧');
  });

  it('gives one line of bounded length', () => {
    assert.equal(oneLine(' a\n\n b\u2028c\td '), 'a b c d');
    assert.equal(oneLine('abcdef', 4), 'abc…');
  });

  it('writes durations in the unit that suits', () => {
    const shown = [0, 849.6, 999.4, 1000, 12_340, 59_949, 59_950, 65_000, 3_599_600, 7_380_000, -1, Number.NaN];
    assert.deepEqual(shown.map(formatDuration), [
      '0 ms',
      '850 ms',
      '999 ms',
      '1.0 s',
      '12.3 s',
      '59.9 s',
      '1 m 00 s',
      '1 m 05 s',
      '1 h 00 m',
      '2 h 03 m',
      '?',
      '?',
    ]);
  });

  it('writes times that tick as a clock does', () => {
    const shown = [-5, 0, 7999, 252_000, 3_599_999, 3_729_000, Number.NaN].map(formatClock);
    assert.deepEqual(shown, ['0:00', '0:00', '0:07', '4:12', '59:59', '1:02:09', '?']);
  });
});
