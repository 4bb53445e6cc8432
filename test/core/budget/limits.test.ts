import assert from 'node:assert/strict';
import {
  callLimit,
  ledgerLimits,
  resourceLimits,
  runAmount,
  type BudgetSources,
} from '../../../src/core/budget/limits.ts';
import { windowEnd, windowStart } from '../../../src/core/budget/windows.ts';

const defaults = { usd: 5, tokens: 1000, cpu_seconds: 60 };
const sources = (change: Partial<BudgetSources> = {}): BudgetSources => ({
  file: {},
  settings: {},
  defaults,
  run: {},
  windows: [],
  ...change,
});
const subject = { runId: 'r', taskId: 't', agent: 'fixer', model: 'gpt-5-mini', workspace: '/w' };
const now = Date.UTC(2026, 5, 17, 12);
const lifetime = { window: 'lifetime', since: 0, until: null } as const;
const hour = { window: 'hour', since: now - 3_600_000, until: null } as const;
const day = { window: 'day', since: windowStart('day', now), until: windowEnd('day', now) } as const;
const week = { window: 'week', since: windowStart('week', now), until: windowEnd('week', now) } as const;

describe('budget limits', () => {
  it('takes the default, a person’s amount instead of it, and never more than file or settings allow', () => {
    assert.equal(runAmount(sources(), 'usd'), 5);
    assert.equal(runAmount(sources({ run: { usd: 9 } }), 'usd'), 9);
    assert.equal(runAmount(sources({ run: { usd: 9 }, file: { usd: 2 }, settings: { usd: 3 } }), 'usd'), 2);
    assert.equal(runAmount(sources({ run: { usd: 1 }, file: { usd: 2 } }), 'usd'), 1);
    assert.equal(runAmount(sources({ file: { usd: 7 } }), 'usd'), 7);
  });

  it('makes one limit per resource, scope and window, money in nano-dollars', () => {
    const limits = ledgerLimits(
      sources({
        settings: { task: { usd: 0.5 } },
        file: { models: { 'gpt-5*': { usd: 0.25 }, 'claude*': { usd: 1 } }, workspace: { tokens: 9 } },
        windows: [
          { scope: 'user', window: 'hour', resource: 'usd', limit: 2 },
          { scope: 'workspace', window: 'day', resource: 'tokens', limit: 50 },
        ],
      }),
      subject,
      now,
    );
    assert.deepEqual(limits, [
      { name: 'run', resource: 'usd', scope: 'run', key: 'r', ...lifetime, limit: 5e9 },
      { name: 'task', resource: 'usd', scope: 'task', key: 't', ...lifetime, limit: 5e8 },
      { name: 'run', resource: 'tokens', scope: 'run', key: 'r', ...lifetime, limit: 1000 },
      { name: 'workspace', resource: 'tokens', scope: 'workspace', key: '/w', ...lifetime, limit: 9 },
      { name: 'hour', resource: 'usd', scope: 'user', key: 'user', ...hour, limit: 2e9 },
      { name: 'day (workspace)', resource: 'tokens', scope: 'workspace', key: '/w', ...day, limit: 50 },
      { name: 'gpt-5*', resource: 'usd', scope: 'model', key: 'gpt-5*', ...lifetime, limit: 25e7, runId: 'r' },
    ]);
  });

  it('binds an agent and a model by pattern: a run for its lifetime, the workspace by the file, the user by the settings', () => {
    const none = { defaults: {} };
    const limits = ledgerLimits(
      sources({
        ...none,
        file: {
          agents: { 'fix*': { usd: 3, tokens: 70, windows: { day: { usd: 4 } } }, tester: { usd: 1 } },
          models: { 'gpt-?-mini': { windows: { week: { tokens: 8 } } } },
        },
        settings: {
          agents: { 'fix*': { usd: 2, windows: { day: { usd: 6 }, hour: { tokens: 5 } } }, fixers: { usd: 1 } },
          models: { 'gpt-?-mini': { windows: { week: { tokens: 7 } } }, '*': { tokens: 1 } },
        },
      }),
      subject,
      now,
    );
    const agent = { scope: 'agent', key: 'fix*' } as const;
    const model = { scope: 'model', key: 'gpt-?-mini' } as const;
    assert.deepEqual(limits, [
      { name: 'fix*', resource: 'usd', ...agent, ...lifetime, limit: 2e9, runId: 'r' },
      { name: 'fix*', resource: 'usd', ...agent, ...day, limit: 6e9 },
      { name: '/w: fix*', resource: 'usd', ...agent, ...day, limit: 4e9, workspace: '/w' },
      { name: 'fix*', resource: 'tokens', ...agent, ...lifetime, limit: 70, runId: 'r' },
      { name: 'fix*', resource: 'tokens', ...agent, ...hour, limit: 5 },
      { name: 'gpt-?-mini', resource: 'tokens', ...model, ...week, limit: 7 },
      { name: '/w: gpt-?-mini', resource: 'tokens', ...model, ...week, limit: 8, workspace: '/w' },
      { name: '*', resource: 'tokens', scope: 'model', key: '*', ...lifetime, limit: 1, runId: 'r' },
    ]);
  });

  it('gives no two limits the same name, resource, scope, key and window, whatever the matrix is filled with', () => {
    const amounts = { usd: 1, tokens: 1 };
    const all = { ...amounts, windows: { hour: amounts, day: amounts, week: amounts } };
    const block = { ...amounts, task: amounts, call: amounts, workspace: amounts };
    const patterns = { '*': all, 'f*': all, 'gpt-5-mini': all, hour: all };
    const full = { ...block, agents: patterns, models: patterns };
    const windows = (['user', 'workspace'] as const).flatMap((scope) =>
      (['hour', 'day', 'week'] as const).flatMap((window) =>
        (['usd', 'tokens'] as const).map((resource) => ({ scope, window, resource, limit: 1 })),
      ),
    );
    const limits = ledgerLimits(sources({ file: full, settings: full, windows, burst: 0.25 }), subject, now);
    const ids = limits.map(({ name, resource, scope, key, window }) =>
      JSON.stringify([name, resource, scope, key, window]),
    );
    assert.deepEqual(
      ids.filter((id, at) => ids.indexOf(id) !== at),
      [],
    );
    // Run, task, workspace; six windows; two patterns of each of two scopes, each for the run, the user, the workspace.
    assert.equal(ids.filter((id) => !id.includes('(pacing)')).length, 2 * (3 + 6 + 4 * 7));
  });

  it('shows the windows of every agent and model when no call is under way', () => {
    const file = { models: { 'gpt*': { usd: 1, windows: { day: { usd: 2 } } } } };
    const idle = { ...subject, agent: null, model: null, workspace: null };
    const settings = { agents: { a: { windows: { week: { usd: 3 } } } } };
    const names = ledgerLimits(sources({ defaults: {}, file, settings }), idle, now).map(({ name, window }) => [
      name,
      window,
    ]);
    assert.deepEqual(names, [
      ['a', 'week'],
      ['gpt*', 'lifetime'],
    ]);
  });

  it('takes the lower of file and settings for one call', () => {
    const both = sources({ file: { call: { usd: 2, tokens: 5 } }, settings: { call: { usd: 1 } } });
    assert.deepEqual(
      [callLimit(both, 'usd'), callLimit(both, 'tokens'), callLimit(sources(), 'usd')],
      [1, 5, undefined],
    );
  });

  it('keeps what is measured apart', () => {
    assert.deepEqual(resourceLimits(sources({ file: { task: { disk_bytes: 10 } } })), [
      { name: 'run', resource: 'cpu_seconds', scope: 'run', limit: 60 },
      { name: 'task', resource: 'disk_bytes', scope: 'task', limit: 10 },
    ]);
  });
});
