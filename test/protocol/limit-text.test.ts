import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatLimit, limitQuestion, parseLimit } from '../../src/protocol/limit-text.ts';
import { resources } from '../../src/catalogue/states.ts';
import { budgetUse } from '../support/rows.ts';

const usd = 1_000_000_000;
const now = new Date(2026, 5, 17, 12).getTime();

describe('parseLimit', () => {
  it('reads each resource as a person writes it', () => {
    const limits = [
      ['usd', '$2', 2 * usd],
      ['usd', ' 0.1 ', 100_000_000],
      ['usd', '0.000000001', 1],
      ['tokens', '50000', 50_000],
      ['tokens', '1.5k tokens', 1500],
      ['tokens', '1.005k', 1005],
      ['tokens', '2M', 2_000_000],
      ['cpu_seconds', '90.5 s', 90.5],
      ['mem_bytes', '512 MiB', 512 * 2 ** 20],
      ['mem_bytes', '1.5g', 1.5 * 2 ** 30],
      ['disk_bytes', '4096', 4096],
    ] as const;
    for (const [resource, text, limit] of limits)
      assert.deepEqual(parseLimit(resource, text), { kind: 'limit', limit }, `${resource} ${text}`);
  });

  it('refuses what is no amount above nothing, and says what to write', () => {
    const wrong = [
      ['usd', ''],
      ['usd', '-1'],
      ['usd', '0'],
      ['usd', '1,50'],
      ['usd', '1e9'],
      ['usd', '0.0000000001'],
      ['usd', '9999999'],
      ['usd', 'two'],
      ['tokens', '1.5'],
      ['tokens', '$5'],
      ['tokens', '99999999999999999999'],
      ['mem_bytes', '1.3'],
      ['mem_bytes', '5 apples'],
      ['cpu_seconds', 'NaN'],
    ] as const;
    for (const [resource, text] of wrong) assert.equal(parseLimit(resource, text).kind, 'wrong', `${resource} ${text}`);
    assert.deepEqual(parseLimit('usd', 'two'), {
      kind: 'wrong',
      message: '“two” is no such amount. Write for example $2.50.',
    });
  });

  it('reads back what it has written', () => {
    fc.assert(
      fc.property(fc.constantFrom(...resources), fc.integer({ min: 1, max: 9e15 }), (resource, limit) => {
        const parsed = parseLimit(resource, formatLimit(resource, limit));
        assert.deepEqual(parsed, { kind: 'limit', limit });
      }),
    );
  });
});

describe('limitQuestion', () => {
  it('names the budget, its unit and every figure in force', () => {
    const use = budgetUse({
      limit: 2 * usd,
      used: usd,
      reserved: usd / 4,
      overridden: { limit: usd, until: null },
    });
    assert.equal(
      limitQuestion(use, now),
      'New limit of the run budget in dollars. Now $2.00 (raised from $1.00), $1.00 spent, $0.25 held for calls under way.',
    );
    assert.equal(
      limitQuestion(budgetUse({ resource: 'mem_bytes', limit: 2 ** 20, used: 2 ** 10 }), now),
      'New limit of the run budget in bytes. Now 1 MiB, 1 KiB used.',
    );
  });
});
