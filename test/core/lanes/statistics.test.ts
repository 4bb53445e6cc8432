import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Durations, LaneStatistics } from '../../../src/core/lanes/statistics.ts';

describe('Durations', () => {
  it('gives quantiles that are at most a tenth above the true ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (values, q) => {
          const durations = new Durations();
          for (const value of values) durations.add(value);
          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil(sorted.length * q) - 1] ?? NaN;
          const given = durations.quantile(q) ?? NaN;
          assert.ok(given >= exact * 0.999_999 && given <= exact * 1.100_001, `${given} for ${exact}`);
        },
      ),
    );
  });

  it('is null before the first, and leaves out what is no duration', () => {
    const durations = new Durations();
    for (const wrong of [NaN, -1, Infinity]) durations.add(wrong);
    assert.deepEqual([durations.count, durations.mean, durations.quantile(0.99)], [0, null, null]);
    durations.add(0);
    assert.deepEqual([durations.count, durations.mean], [1, 0]);
  });
});

describe('LaneStatistics', () => {
  it('counts by lane and result; cancelled and refused calls have no duration', () => {
    const statistics = new LaneStatistics();
    statistics.record('critic', 'success', 10);
    statistics.record('critic', 'failure', 30);
    statistics.record('critic', 'timeout', 20);
    statistics.record('critic', 'cancelled', 9999);
    statistics.record('critic', 'refused', null);
    const { avgMs, p95Ms, p99Ms, ...counts } = statistics.figures('critic');
    assert.deepEqual(counts, { success: 1, failure: 1, timeouts: 1, rejections: 1 });
    assert.equal(avgMs, 20);
    assert.ok(p95Ms !== null && p95Ms >= 30 && p95Ms <= 33 && p99Ms === p95Ms);
    assert.equal(statistics.figures('file_read').avgMs, null);
  });
});
