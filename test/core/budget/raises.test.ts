import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resources } from '../../../src/catalogue/states.ts';
import { checkLimit, raisesFor } from '../../../src/core/budget/raises.ts';

describe('raisesFor', () => {
  it('offers about twice and four times the limit, in round amounts', () => {
    assert.deepEqual(raisesFor('usd', 1e9, 0), [2e9, 5e9]);
    assert.deepEqual(raisesFor('usd', 190_000_000, 0), [500_000_000, 1e9]);
    assert.deepEqual(raisesFor('tokens', 2_000_000, 0), [5_000_000, 10_000_000]);
    assert.deepEqual(raisesFor('cpu_seconds', 0.25, 0), [0.5, 1]);
    assert.deepEqual(raisesFor('mem_bytes', 2 ** 29, 0), [2 ** 30, 2 ** 31]);
    assert.deepEqual(raisesFor('usd', 0, 3_000_000), [5_000_000, 10_000_000]);
    assert.deepEqual(raisesFor('usd', 1e9, 7e9), [1e10, 2e10]);
  });

  it('offers what is enough, more than the limit, and can be decided', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...resources),
        fc.integer({ min: 0, max: 1e14 }),
        fc.integer({ min: 0, max: 1e14 }),
        (resource, limit, least) => {
          const [first = 0, second = 0, ...more] = raisesFor(resource, limit, least);
          assert.deepEqual(more, []);
          assert.ok(first >= least && (first > limit || limit === 0) && second > first, `${first}, ${second}`);
          checkLimit(resource, { limit: first, until: null }, 0, least);
          checkLimit(resource, { limit: second, until: null }, 0, least);
        },
      ),
    );
  });
});

describe('checkLimit', () => {
  it('takes whole amounts, of processor time any, and says the least that would do', () => {
    const refused = (resource: 'usd' | 'cpu_seconds', limit: number, message: RegExp): void =>
      assert.throws(() => checkLimit(resource, { limit, until: null }, 0, 10), { code: 'BUDGET_DECISION', message });
    checkLimit('cpu_seconds', { limit: 10.5, until: null }, 0, 10);
    checkLimit('usd', { limit: 10, until: 1 }, 0, 10);
    refused('usd', 10.5, /10\.5 is not a whole number of nano-dollars/);
    refused('usd', 2 ** 53, /not a whole number/);
    refused('usd', -1, /0 or more/);
    refused('cpu_seconds', NaN, /NaN is not a number of seconds/);
    refused('usd', 9, /\$0\.000000009 does not allow the next call; give at least \$0\.00000001\./);
    assert.throws(() => checkLimit('usd', { limit: 10, until: 5 }, 5), { code: 'BUDGET_DECISION' });
    assert.throws(() => checkLimit('usd', { limit: 10, until: NaN }, 5), { code: 'BUDGET_DECISION' });
  });
});
