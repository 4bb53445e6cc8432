import assert from 'node:assert/strict';
import { formatBudget, parseBudget } from '../../../src/hosts/vscode/budget-input.ts';
import { nest } from '../../../src/hosts/vscode/settings-tree.ts';

describe('parseBudget', () => {
  it('reads dollars and resources', () => {
    const right = {
      '$1.50': { usd: 1.5 },
      '2': { usd: 2 },
      'usd=1,tokens=50000': { usd: 1, tokens: 50_000 },
      'usd=$3': { usd: 3 },
    };
    for (const [text, budget] of Object.entries(right))
      assert.deepEqual(parseBudget(text), { kind: 'budget', budget }, text);
  });

  it('refuses what is no budget, naming it', () => {
    const texts = [
      '',
      '-1',
      '0',
      'NaN',
      '1e999',
      'Infinity',
      'usd=',
      'tokens=1.5',
      'euro=2',
      'usd=1,usd=2',
      'usd=1=2',
      '__proto__=1',
      '1,5',
    ];
    for (const text of texts) {
      const parsed = parseBudget(text);
      assert.equal(parsed.kind, 'wrong', text);
      assert.ok(parsed.kind === 'wrong' && parsed.message.endsWith('.'), text);
    }
  });

  it('is written as it is read', () => {
    const text = 'usd=1.5,tokens=50000';
    const parsed = parseBudget(text);
    assert.equal(parsed.kind === 'budget' ? formatBudget(parsed.budget) : parsed.message, text);
    assert.equal(formatBudget({}), '');
  });
});

describe('nest', () => {
  it('builds the tree that dotted keys name', () => {
    const tree = nest([
      ['budgets.usd', 2],
      ['budgets.windows.day.usd', 9],
      ['port', 0],
    ]);
    assert.deepEqual(tree, { budgets: { usd: 2, windows: { day: { usd: 9 } } }, port: 0 });
  });
});
