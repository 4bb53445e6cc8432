import assert from 'node:assert/strict';
import { forecastParts } from '../../src/protocol/forecast-text.ts';
import type { Range } from '../../src/protocol/messages.ts';
import { forecastOf } from '../support/views.ts';

const range = (low: number, high: number): Range => ({ low, middle: low, high });

describe('protocol/forecast-text', () => {
  it('says money, time and tokens in few words', () => {
    assert.deepEqual(forecastParts(forecastOf({})), ['$0.10–0.35', '2–4 min', '30k–50k tokens']);
    assert.deepEqual(forecastParts(forecastOf({ nusd: null })), ['2–4 min', '30k–50k tokens']);
  });

  it('says what is the same at both ends once', () => {
    const same = {
      nusd: range(100_000_000, 100_400_000),
      durationMs: range(61_000, 62_000),
      tokens: range(1200, 1249),
    };
    assert.deepEqual(forecastParts(forecastOf(same)), ['$0.10', '1 min', '1.2k tokens']);
  });

  it('keeps both ends of a time in one unit, and shows small amounts of money', () => {
    const times = [
      range(5, 999),
      range(400, 12_000),
      range(90_000, 240_000),
      range(60_000, 2 * 3_600_000),
      range(0, 2000),
    ];
    assert.deepEqual(
      times.map((durationMs) => forecastParts(forecastOf({ durationMs }))[1]),
      ['5–999 ms', '0.4–12 s', '1.5–4 min', '1 min–2 h', '0–2 s'],
    );
    assert.equal(forecastParts(forecastOf({ nusd: range(123_000, 4_560_000) }))[0], '$0.000123–0.00456');
    assert.deepEqual(
      [range(0, 950), range(950, 9940), range(9960, 999_499), range(999_500, 12_000_000)].map(
        (tokens) => forecastParts(forecastOf({ tokens }))[2],
      ),
      ['0–950 tokens', '950–9.9k tokens', '10k–999k tokens', '1M–12M tokens'],
    );
  });
});
