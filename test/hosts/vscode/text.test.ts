import assert from 'node:assert/strict';
import { amount, bytes, count, duration, oneLine, percent, usd } from '../../../src/hosts/vscode/text.ts';

describe('text', () => {
  it('rounds money down, to cents or to four digits below one', () => {
    const shown = [0, 1, 100_000, 4_299_999, 9_999_999, 10_000_000, 1_239_999_999, 12_345_678_900_000].map(usd);
    assert.deepEqual(shown, ['$0.00', '<$0.0001', '$0.0001', '$0.0042', '$0.0099', '$0.01', '$1.23', '$12345.67']);
  });

  it('shortens counts, bytes and durations', () => {
    assert.deepEqual([0, 9_999, 12_345, 999_999, 2_000_000].map(count), ['0', '9,999', '12.3k', '999.9k', '2M']);
    assert.deepEqual([0, 1023, 1536, 2 ** 29].map(bytes), ['0 B', '1023 B', '1.5 KiB', '512 MiB']);
    assert.deepEqual([0, 850, 3250, 65_000, 3_725_000].map(duration), [
      '0 ms',
      '850 ms',
      '3.2 s',
      '1 m 05 s',
      '1 h 02 m',
    ]);
    assert.deepEqual([0.29, 0.2999, 1].map(percent), ['29 %', '29 %', '100 %']);
    assert.equal(amount('cpu_seconds', 12.7), '12 cpu s');
  });

  it('makes one harmless line of untrusted text', () => {
    assert.equal(oneLine('a\r\n\tb  c'), 'a b c');
    assert.equal(oneLine('$(zap)'), '$ (zap)');
    assert.equal(oneLine('x'.repeat(100), 10), `${'x'.repeat(9)}…`);
  });
});
