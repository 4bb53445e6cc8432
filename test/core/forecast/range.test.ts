import assert from 'node:assert/strict';
import fc from 'fast-check';
import { generator } from '../../support/generator.ts';
import { nominalCoverage, rangeOf, type Weighted } from '../../../src/core/forecast/range.ts';

const equal = (values: readonly number[]): Weighted[] => values.map((value) => ({ value, weight: 1 }));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

const values = fc.array(
  fc.record({
    value: fc.oneof(fc.nat(10), fc.double({ min: 0, max: 1e300, noNaN: true })),
    weight: fc.double({ min: 1e-6, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('core/forecast: a range', () => {
  it('leaves a tenth of the weight out on either side, the coming value counted in', () => {
    assert.deepEqual(rangeOf(equal(upTo(9))), { low: 1, middle: 5, high: 9 });
    assert.deepEqual(rangeOf(equal(upTo(19))), { low: 2, middle: 10, high: 18 });
    assert.deepEqual(rangeOf(equal(upTo(99))), { low: 10, middle: 50, high: 90 });
  });

  it('lies outside what was seen while there are fewer than nine', () => {
    // exp(4.789 ± 1.533 × 0.1319 × √(6/5)) − 1: mean and deviation of the logarithms, t of four degrees of freedom.
    assert.deepEqual(rangeOf(equal([100, 110, 120, 130, 140])), { low: 95, middle: 120, high: 149 });
  });

  it('follows the weights: values that hardly count hardly move it', () => {
    const heavy = equal(upTo(21));
    const light = upTo(5).map((value) => ({ value: 1000 * value, weight: 0.01 }));
    assert.deepEqual(rangeOf([...heavy, ...light]), rangeOf(heavy));
  });

  it('is nothing without values, and a point where all are the same', () => {
    assert.equal(rangeOf([]), null);
    assert.deepEqual(rangeOf(equal([7, 7, 7, 7, 7])), { low: 7, middle: 7, high: 7 });
    assert.deepEqual(rangeOf(equal([0, 0, 0, 0, 0])), { low: 0, middle: 0, high: 0 });
  });

  it('is ordered, whole, from 0 and a number, whatever the values; their order and the scale of their weights are nothing to it', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1000, noNaN: true }), (samples, scale) => {
        const range = rangeOf(samples);
        assert.ok(range !== null);
        assert.ok(0 <= range.low && range.low <= range.middle && range.middle <= range.high, JSON.stringify(range));
        for (const limit of Object.values(range)) assert.ok(Number.isInteger(limit), String(limit));
        assert.deepEqual(rangeOf([...samples].reverse()), range);
        const weights = new Set(samples.map(({ weight }) => weight));
        if (weights.size > 1) return;
        assert.deepEqual(rangeOf(samples.map(({ value, weight }) => ({ value, weight: weight * scale }))), range);
      }),
      { numRuns: 1000 },
    );
  });

  it('grows with the values: a larger value moves no limit down', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e6), { minLength: 9, maxLength: 60 }), fc.nat(), fc.nat(1e6), (list, at, more) => {
        const place = at % list.length;
        const before = rangeOf(equal(list));
        const after = rangeOf(equal(list.map((value, i) => (i === place ? value + more : value))));
        assert.ok(before !== null && after !== null);
        assert.ok(after.low >= before.low && after.middle >= before.middle && after.high >= before.high);
      }),
    );
  });

  const laws: Readonly<Record<string, (random: () => number) => number>> = {
    uniform: (random) => 1e6 * random(),
    exponential: (random) => -1e6 * Math.log(1 - random()),
    'log-normal': (random) => 1e6 * Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())),
    'of two kinds': (random) => (random() < 0.7 ? 1e5 : 1e7) * (1 + random()),
    'of heavy tail': (random) => 1e5 / (1 - random()) ** 1.2,
  };
  for (const [law, draw] of Object.entries(laws)) {
    for (const n of [5, 8, 9, 19, 50]) {
      for (const weighted of [false, true]) {
        it(`holds ${law} data in ${n}${weighted ? ' weighted' : ''} samples as often as it says`, () => {
          const random = generator(n * 31 + (weighted ? 7 : 0));
          const rounds = 2000;
          let within = 0;
          for (let i = 0; i < rounds; i += 1) {
            const samples = Array.from({ length: n }, () => ({
              value: draw(random),
              weight: weighted ? 0.25 + 0.75 * random() : 1,
            }));
            const range = rangeOf(samples);
            const truth = draw(random);
            if (range !== null && range.low <= truth && truth <= range.high) within += 1;
          }
          // Three standard errors of 2000 rounds are 0.027; Student’s limits are exact for log-normal data only.
          const tolerance = n < 9 || weighted ? 0.05 : 0.027;
          assert.ok(within / rounds >= nominalCoverage - tolerance, `${within} of ${rounds}`);
        });
      }
    }
  }
});
