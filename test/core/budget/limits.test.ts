import assert from 'node:assert/strict';
import {
  ledgerLimits,
  matches,
  resourceLimits,
  runAmount,
  windowStart,
  type BudgetSources,
} from '../../../src/core/budget/limits.ts';

const defaults = { usd: 5, tokens: 1000, cpu_seconds: 60 };
const sources = (change: Partial<BudgetSources> = {}): BudgetSources => ({
  file: {},
  settings: {},
  defaults,
  run: {},
  windows: [],
  ...change,
});
const subject = { runId: 'r', taskId: 't', model: 'gpt-5-mini', workspace: '/w' };

describe('budget limits', () => {
  it('takes the default, a person’s amount instead of it, and never more than file or settings allow', () => {
    assert.equal(runAmount(sources(), 'usd'), 5);
    assert.equal(runAmount(sources({ run: { usd: 9 } }), 'usd'), 9);
    assert.equal(runAmount(sources({ run: { usd: 9 }, file: { usd: 2 }, settings: { usd: 3 } }), 'usd'), 2);
    assert.equal(runAmount(sources({ run: { usd: 1 }, file: { usd: 2 } }), 'usd'), 1);
    assert.equal(runAmount(sources({ file: { usd: 7 } }), 'usd'), 7);
  });

  it('makes one limit per resource, scope and window, money in nano-dollars', () => {
    const now = Date.UTC(2026, 5, 17, 12);
    const limits = ledgerLimits(
      sources({
        settings: { task: { usd: 0.5 } },
        file: { models: { 'gpt-5*': { usd: 0.25 }, 'claude*': { usd: 1 } } },
        windows: [
          { scope: 'user', window: 'hour', resource: 'usd', limit: 2 },
          { scope: 'workspace', window: 'day', resource: 'tokens', limit: 50 },
        ],
      }),
      subject,
      now,
    );
    assert.deepEqual(limits, [
      { name: 'run', resource: 'usd', scope: 'run', key: 'r', window: 'lifetime', limit: 5e9, since: 0 },
      { name: 'task', resource: 'usd', scope: 'task', key: 't', window: 'lifetime', limit: 5e8, since: 0 },
      { name: 'run', resource: 'tokens', scope: 'run', key: 'r', window: 'lifetime', limit: 1000, since: 0 },
      { name: 'hour', resource: 'usd', scope: 'user', key: 'user', window: 'hour', limit: 2e9, since: now - 3_600_000 },
      {
        name: 'day (workspace)',
        resource: 'tokens',
        scope: 'workspace',
        key: '/w',
        window: 'day',
        limit: 50,
        since: windowStart('day', now),
      },
      {
        name: 'gpt-5*',
        resource: 'usd',
        scope: 'model',
        key: 'gpt-5*',
        window: 'lifetime',
        limit: 25e7,
        since: 0,
        runId: 'r',
      },
    ]);
  });

  it('keeps what is measured apart', () => {
    assert.deepEqual(resourceLimits(sources({ file: { task: { disk_bytes: 10 } } })), [
      { name: 'run', resource: 'cpu_seconds', scope: 'run', limit: 60 },
      { name: 'task', resource: 'disk_bytes', scope: 'task', limit: 10 },
    ]);
  });

  it('begins days and weeks at local midnight, weeks on Monday', () => {
    const wednesday = new Date(2026, 5, 17, 15, 30).getTime();
    assert.equal(windowStart('day', wednesday), new Date(2026, 5, 17).getTime());
    assert.equal(windowStart('week', wednesday), new Date(2026, 5, 15).getTime());
    assert.equal(windowStart('week', new Date(2026, 5, 21, 23).getTime()), new Date(2026, 5, 15).getTime());
  });

  it('reads patterns as SQLite’s GLOB does, and nothing else in them as a pattern', () => {
    assert.ok(matches('gpt-5*', 'gpt-5-mini') && matches('gpt-?', 'gpt-5') && matches('*', ''));
    assert.ok(!matches('gpt.5', 'gpt-5') && !matches('gpt-5', 'gpt-5-mini'));
  });
});
