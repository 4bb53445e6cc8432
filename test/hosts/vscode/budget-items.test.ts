import assert from 'node:assert/strict';
import { budgetItems, isBudgetRef, untilItems } from '../../../src/hosts/vscode/budget-items.ts';
import { budgetUse } from '../../support/rows.ts';

const usd = 1_000_000_000;
const now = new Date(2026, 5, 17, 12).getTime();
const midnight = new Date(2026, 5, 18).getTime();

describe('budgets to choose from', () => {
  it('have names, figures and what must be known of them', () => {
    const day = budgetUse({
      scope: 'user',
      key: 'user',
      window: 'day',
      limit: 2 * usd,
      used: usd,
      reserved: usd / 10,
      overridden: { limit: usd, until: midnight },
      resetsAt: midnight,
      endsAt: now + 3_600_000,
    });
    const tokens = budgetUse({ resource: 'tokens', limit: 1000, used: 10 });
    const model = budgetUse({ scope: 'model', key: '$(zap)'.repeat(100), window: 'week' });
    const items = budgetItems([day, tokens, model], [{ runId: 'run-1', g: 12 }], now);
    assert.deepEqual(
      items.slice(0, 2).map(({ label, description, detail }) => [label, description, detail]),
      [
        [
          'Daily budget',
          '$1.00 of $2.00 · 50 %',
          'Money · $0.10 held · raised from $1.00 until 00:00 · resets 00:00 · at this pace the day’s budget ends at 13:00',
        ],
        ['Run budget of g12', '10 tokens of 1,000 tokens · 1 %', 'Tokens'],
      ],
    );
    assert.ok((items[2]?.label.length ?? 999) <= 100 && !items[2]?.label.includes('$('));
  });

  it('take a new limit for their window or for good', () => {
    const labels = (changes: Parameters<typeof budgetUse>[0]): readonly (readonly [string, number | null])[] =>
      untilItems(budgetUse(changes), now).map(({ label, value }) => [label, value]);
    assert.deepEqual(labels({ window: 'day', resetsAt: midnight }), [
      ['For this day', midnight],
      ['For good', null],
    ]);
    assert.deepEqual(labels({ window: 'hour' }), [
      ['For one hour', now + 3_600_000],
      ['For good', null],
    ]);
    assert.deepEqual(labels({}), [['For good', null]]);
  });
});

describe('isBudgetRef', () => {
  it('takes a budget, with or without figures, and nothing else', () => {
    assert.ok(isBudgetRef(budgetUse({})));
    assert.ok(isBudgetRef({ name: 'run', resource: 'usd', scope: 'run', key: 'r', window: 'lifetime' }));
    for (const other of [null, undefined, 'run', {}, { name: 'run' }, { ...budgetUse({}), key: 7 }])
      assert.ok(!isBudgetRef(other), JSON.stringify(other));
  });
});
