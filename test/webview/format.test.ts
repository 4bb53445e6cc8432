import assert from 'node:assert/strict';
import {
  bytes,
  columnDecimals,
  compact,
  cpu,
  duration,
  elapsed,
  integer,
  percent,
  thin,
  usd,
  usdExact,
} from '../../webview/parts/format.ts';
import { line, visible } from '../../webview/parts/text.ts';

const each = <T>(show: (value: T) => string, cases: readonly (readonly [T, string])[]): void =>
  assert.deepEqual(
    cases.map(([value]) => show(value)),
    cases.map(([, text]) => text.replaceAll('_', thin)),
  );

describe('panel: numbers as text', () => {
  it('shows money from nano-dollars, rounded half up, small amounts with four places', () => {
    each(usd, [
      [0, '$0.00'],
      [1, '<$0.0001'],
      [49_999, '<$0.0001'],
      [50_000, '$0.0001'],
      [400_000, '$0.0004'],
      [412_349_999, '$0.4123'],
      [412_350_000, '$0.4124'],
      [999_999_999, '$1.0000'],
      [1_234_999_999, '$1.23'],
      [1_235_000_000, '$1.24'],
      [1_234_567_890_000_000, '$1_234_567.89'],
      [-1_230_000_000, '−$1.23'],
      [Number.NaN, '–'],
    ]);
  });

  it('keeps the places of a column, and never shows what was spent as nothing', () => {
    assert.equal(usd(15e9, 4), '$15.0000');
    assert.equal(usd(0, 4), '$0.0000');
    assert.equal(usd(1_000_000, 2), '<$0.01');
    assert.deepEqual([[0, 412e6], [15e9, 412e6], [15e9, 40e3], [], [0]].map(columnDecimals), [4, 2, 4, 2, 2]);
  });

  it('shows every digit on demand', () => {
    each(usdExact, [
      [0, '$0.00'],
      [1, '$0.000000001'],
      [412_345_000, '$0.412345'],
      [5e9, '$5.00'],
      [1_234_500_000_000, '$1_234.50'],
      [-1, '−$0.000000001'],
    ]);
  });

  it('shows durations', () => {
    each(duration, [
      [0, '0_ms'],
      [850.7, '850_ms'],
      [1000, '1s'],
      [65_000, '1m 05s'],
      [7_389_000, '2h 03m 09s'],
      [-1, '–'],
    ]);
    each(elapsed, [
      [0, '0s'],
      [999, '0s'],
      [59_999, '59s'],
      [3_600_000, '1h 00m 00s'],
    ]);
  });

  it('shows counts, sizes, processor time and ratios', () => {
    each(integer, [
      [0, '0'],
      [999, '999'],
      [1000, '1_000'],
      [1_234_567, '1_234_567'],
      [-1500, '−1_500'],
      [Infinity, '–'],
    ]);
    each(bytes, [
      [0, '0_B'],
      [1023, '1023_B'],
      [1024, '1_KiB'],
      [1_205_862, '1.15_MiB'],
      [536_870_912, '512_MiB'],
      [1_048_575, '1_MiB'],
      [-2048, '−2_KiB'],
    ]);
    each(cpu, [
      [0, '0.00_s'],
      [9.994, '9.99_s'],
      [42.25, '42.3_s'],
      [90, '1m 30s'],
    ]);
    each(percent, [
      [0, '0_%'],
      [0.24999, '24_%'],
      [0.999, '99_%'],
      [0.29, '29_%'],
      [1, '100_%'],
      [1.06, '106_%'],
    ]);
  });

  it('shortens counts to what a narrow column holds', () => {
    each(compact, [
      [0, '0'],
      [999.4, '999'],
      [999.5, '1k'],
      [1234, '1.23k'],
      [48_211, '48.2k'],
      [999_400, '999k'],
      [999_950, '1M'],
      [1_250_000, '1.25M'],
      [Number.NaN, '–'],
    ]);
  });

  it('writes hidden characters out, so that text is what it looks like', () => {
    assert.equal(visible('rm \u202egpj.exe'), 'rm \\u{202e}gpj.exe');
    assert.equal(visible('a\u0000b\u001b[31m\u200bc\u2066'), 'a\\u{0}b\\u{1b}[31m\\u{200b}c\\u{2066}');
    assert.equal(visible('a\tb\nc\r\nd'), 'a\tb\nc\r\nd');
    assert.equal(visible('over\rwritten'), 'over\\u{d}written');
    assert.equal(visible('Grüße 日本 <b>'), 'Grüße 日本 <b>');
    assert.equal(line('  two\n lines ', 100), 'two lines');
    assert.equal(line('x'.repeat(50), 10), `${'x'.repeat(10)}…`);
  });
});
