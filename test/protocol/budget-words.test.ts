import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  amountText,
  budgetName,
  endOfWindow,
  limitText,
  overrideText,
  paceText,
  resetText,
  sameBudget,
  stopFigures,
  stopReason,
  timeText,
  usedText,
  waitText,
} from '../../src/protocol/budget-words.ts';
import { budgetUse } from '../support/rows.ts';

const usd = 1_000_000_000;
const now = new Date(2026, 5, 17, 12, 30).getTime();
const at = (hours: number, minutes = 0, days = 0): number => new Date(2026, 5, 17 + days, hours, minutes).getTime();

describe('budget words', () => {
  it('names a budget by its scope and window', () => {
    const names = [
      budgetName({ scope: 'run', key: 'r', window: 'lifetime' }),
      budgetName({ scope: 'task', key: 't', window: 'lifetime' }),
      budgetName({ scope: 'agent', key: 'reviewer', window: 'day' }),
      budgetName({ scope: 'model', key: 'gpt-5*', window: 'week' }),
      budgetName({ scope: 'workspace', key: '/w', window: 'hour' }),
      budgetName({ scope: 'user', key: 'user', window: 'day' }),
      budgetName({ scope: 'user', key: 'user', window: 'lifetime' }),
    ];
    assert.deepEqual(names, [
      'run budget',
      'task budget',
      'daily budget of agent reviewer',
      'weekly budget of model gpt-5*',
      'hourly budget of this workspace',
      'daily budget',
      'budget of all workspaces',
    ]);
  });

  it('shows amounts with their unit, and limits without needless digits', () => {
    assert.deepEqual(
      [0, 1, 123_456, 43_210_000, 980_000_000, 1.5 * usd, 1234 * usd].map((nusd) => amountText('usd', nusd)),
      ['$0.00', '$0.000000001', '$0.0001', '$0.0432', '$0.98', '$1.50', '$1,234.00'],
    );
    assert.equal(amountText('tokens', 12_345), '12,345 tokens');
    assert.equal(amountText('cpu_seconds', 42.26), '42.3 cpu s');
    assert.equal(amountText('mem_bytes', 512 * 2 ** 20), '512 MiB');
    assert.equal(amountText('disk_bytes', 0), '0 B');
    assert.deepEqual(
      [2 * usd, 1.5 * usd, 1_091_234_567].map((nusd) => limitText('usd', nusd)),
      ['$2', '$1.50', '$1.091234567'],
    );
  });

  it('figures of a sentence are off by no more than the half of their last digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), (nusd) => {
        const shown = Number(amountText('usd', nusd).replace(/[$,]/g, ''));
        assert.ok(Math.abs(shown * usd - nusd) <= Math.max(50_001, nusd * 1e-9), `${nusd} as ${shown}`);
      }),
    );
  });

  it('says when: a time today, the next midnight, tomorrow, and a date beyond', () => {
    assert.deepEqual(
      [at(16, 40), at(0, 0, 1), at(9, 5, 1), at(0, 0, 5)].map((moment) => timeText(moment, now)),
      ['16:40', '00:00', 'tomorrow 09:05', '2026-06-22 00:00'],
    );
  });

  it('says why a run stopped, with the figures that decided', () => {
    const budget = budgetUse({ limit: usd, used: 0.98 * usd });
    assert.equal(stopReason({ budget }), 'run budget $1.00 is used up');
    assert.equal(stopFigures({ budget, asked: 0.11 * usd }), '$0.98 spent, the next call may cost $0.11');
    assert.equal(
      stopFigures({ budget: { ...budget, reserved: 0.05 * usd }, asked: 0.0112 * usd }),
      '$0.98 spent, $0.05 held for calls under way, the next call may cost $0.0112',
    );
    const roomy = { ...budget, used: 0.2 * usd };
    assert.equal(stopReason({ budget: roomy }), 'run budget $1.00 has no room for the next call');
    assert.equal(stopReason({ budget: { ...roomy, reserved: 0.75 * usd } }), 'run budget $1.00 is used up');
    const tokens = budgetUse({ resource: 'tokens', scope: 'user', window: 'day', limit: 50_000, used: 48_000 });
    assert.equal(stopReason({ budget: tokens }), 'daily budget 50,000 tokens is used up');
    assert.equal(
      stopFigures({ budget: tokens, asked: 5000 }),
      '48,000 tokens used, the next call may take 5,000 tokens',
    );
    assert.equal(stopReason({ budget: null }), 'a person asked it to stop after its call');
    assert.equal(stopFigures({ budget: null, asked: 0 }), null);
  });

  it('tells a changed limit from the one before, and until when it holds', () => {
    const changed = (limit: number, until: number | null): string | null =>
      overrideText(budgetUse({ limit: 2 * usd, overridden: { limit, until } }), now);
    assert.equal(changed(usd, at(0, 0, 1)), 'raised from $1.00 until 00:00');
    assert.equal(changed(5 * usd, null), 'lowered from $5.00');
    assert.equal(overrideText(budgetUse({}), now), null);
  });

  it('forecasts the end of a budget while there is one to come', () => {
    const day = budgetUse({ scope: 'user', window: 'day', used: usd, endsAt: at(16, 40), resetsAt: at(0, 0, 1) });
    assert.equal(paceText(day, now), 'at this pace the day’s budget ends at 16:40');
    assert.equal(paceText({ ...day, endsAt: at(11) }, now), 'at this pace the day’s budget ends at 12:30');
    assert.equal(
      paceText({ ...day, window: 'lifetime', scope: 'run' }, now),
      'at this pace the run budget ends at 16:40',
    );
    assert.equal(paceText({ ...day, ratio: 1 }, now), null);
    assert.equal(paceText({ ...day, endsAt: null }, now), null);
    assert.equal(resetText(day, now), 'resets 00:00');
    assert.equal(resetText(budgetUse({}), now), null);
  });

  it('a warning says whose budget is how full', () => {
    const use = budgetUse({ scope: 'run', used: 0.9034e9, limit: 1e9, ratio: 0.9034 });
    assert.equal(usedText(use, 12), 'The run budget of g12 is 90 % used: $0.9034 of $1.00');
    assert.equal(usedText(use, null), 'The run budget is 90 % used: $0.9034 of $1.00');
    const day = {
      ...use,
      scope: 'user',
      window: 'day',
      resource: 'tokens',
      used: 950,
      limit: 1000,
      ratio: 0.95,
    } as const;
    assert.equal(usedText(day, 12), 'The daily budget is 95 % used: 950 tokens of 1,000 tokens');
  });

  it('a run that waits says when it goes on', () => {
    assert.equal(waitText({ waits: true, freesAt: at(0, 0, 1) }, now), 'goes on by itself tomorrow at 00:00');
    assert.equal(waitText({ waits: true, freesAt: at(16, 40) }, now), 'goes on by itself at 16:40');
    assert.equal(waitText({ waits: false, freesAt: at(16, 40) }, now), null);
    assert.equal(waitText({ waits: true, freesAt: null }, now), null);
  });

  it('a new limit holds until the window ends, an hour where it rolls, else for good', () => {
    assert.equal(endOfWindow(budgetUse({ window: 'day', resetsAt: at(0, 0, 1) }), now), at(0, 0, 1));
    assert.equal(endOfWindow(budgetUse({ window: 'hour' }), now), now + 3_600_000);
    assert.equal(endOfWindow(budgetUse({}), now), null);
  });

  it('knows a budget by what it is and not by its figures', () => {
    const use = budgetUse({});
    assert.ok(sameBudget(use, budgetUse({ used: 7, limit: 9 })));
    for (const other of [
      { name: 'x' },
      { resource: 'tokens' },
      { scope: 'task' },
      { key: 'x' },
      { window: 'day' },
    ] as const)
      assert.ok(!sameBudget(use, { ...use, ...other }), JSON.stringify(other));
  });
});
