import assert from 'node:assert/strict';
import { settingKeys, settingOf } from '../../src/catalogue/settings.ts';
import { lanes } from '../../src/catalogue/lanes.ts';
import { mergeConfig } from '../../src/core/config.ts';
import { valueOf } from '../../src/core/config/merge.ts';
import { configSchema } from '../../src/core/config/schema.ts';

describe('mergeConfig', () => {
  it('gives every key its default, and the defaults are valid themselves', () => {
    const { window_limits, ...whole } = mergeConfig({}, {});
    for (const key of settingKeys) assert.deepEqual(valueOf(whole, key), settingOf(key).default, key);
    assert.ok(configSchema.safeParse(whole).success);
    assert.deepEqual(
      window_limits.map(({ scope, window, limit }) => [scope, window, limit]),
      [
        ['user', 'hour', 5],
        ['user', 'day', 40],
        ['user', 'week', 100],
      ],
    );
  });

  it('has the lanes of the catalogue with their limits', () => {
    const { global, queue, maximum, rebalance, adapt_to_load, ...own } = mergeConfig({}, {}).lanes;
    assert.deepEqual([global, queue, maximum, rebalance, adapt_to_load], [32, 10_000, {}, true, true]);
    assert.deepEqual(own, Object.fromEntries(Object.entries(lanes).map(([name, { limit }]) => [name, limit])));
  });

  it('lets the stricter limit win, whichever side it is on', () => {
    const merged = mergeConfig(
      {
        budgets: { usd: 10, tokens: 100, windows: { day: { usd: 7 } } },
        lanes: { critic: 9 },
        memory: { guards: false },
      },
      { budgets: { usd: 2, tokens: 900, windows: { day: { usd: 8 } } }, memory: { guards: true } },
    );
    assert.equal(merged.budgets.usd, 2);
    assert.equal(merged.budgets.tokens, 100);
    assert.equal(merged.lanes.critic, 9);
    assert.equal(merged.memory.guards, true);
    assert.equal(merged.budgets.windows.day.usd, 7);
    assert.deepEqual(
      merged.window_limits.filter(({ window }) => window === 'day'),
      [
        { scope: 'workspace', window: 'day', resource: 'usd', limit: 7 },
        { scope: 'user', window: 'day', resource: 'usd', limit: 8 },
      ],
    );
  });

  it('lets the stricter of each quota win', () => {
    const merged = mergeConfig(
      { quotas: { task: { calls: 50, usd: 1 } }, agents: { capacity: 10 } },
      { quotas: { task: { calls: 80, seconds: 60 } }, agents: { capacity: 928 } },
    );
    assert.deepEqual(merged.quotas.task, { calls: 50, usd: 1, seconds: 60 });
    assert.equal(merged.agents.capacity, 10);
  });

  it('lets either side alone loosen a default, as a person asked', () => {
    assert.equal(mergeConfig({ budgets: { usd: 50 } }, {}).budgets.usd, 50);
    assert.equal(mergeConfig({}, { budgets: { usd: 50 } }).budgets.usd, 50);
    assert.equal(mergeConfig({ budgets: { windows: { hour: { tokens: null } } } }, {}).budgets.windows.hour.usd, 5);
  });

  it('never captures content that one side refuses, nor follows a foreign address for an own model', () => {
    const merged = mergeConfig(
      {
        telemetry: { capture_content: true, otlp: { endpoint: 'http://elsewhere.example' } },
        models: [
          { id: 'mine', provider: 'openai', base_url: 'http://elsewhere.example' },
          { id: 'team', provider: 'openai' },
        ],
      },
      {
        telemetry: { capture_content: false, otlp: { endpoint: 'http://127.0.0.1:4318' } },
        models: [{ id: 'mine', provider: 'openai' }],
      },
    );
    assert.equal(merged.telemetry.capture_content, false);
    assert.equal(merged.telemetry.otlp.endpoint, 'http://127.0.0.1:4318');
    assert.deepEqual(merged.models, [
      { id: 'offline', provider: 'offline' },
      { id: 'mine', provider: 'openai' },
      { id: 'team', provider: 'openai' },
    ]);
  });

  it('holds to the policies of both sides, the stricter of each number', () => {
    const { policies } = mergeConfig(
      {
        policies: {
          repository: { concurrency: 4, queue: 9 },
          agents: { 'a*': { concurrency: 3, starts_per_hour: null } },
          labels: { required: ['x'], allowed: ['a*'], denied: ['d'] },
          denied_paths: ['secrets/'],
        },
      },
      {
        policies: {
          repository: { concurrency: 2, starts_per_hour: 7 },
          agents: { 'a*': { concurrency: null, starts_per_hour: 5 }, b: { queue: 0 } },
          labels: { required: ['x', 'y'], allowed: ['*b'] },
          denied_paths: ['secrets/', '.env'],
          block_secret_shapes: true,
        },
      },
    );
    assert.deepEqual(policies, {
      repository: { concurrency: 2, queue: 9, starts_per_hour: 7 },
      agents: { 'a*': { concurrency: 3, starts_per_hour: 5 }, b: { queue: 0 } },
      labels: { required: ['x', 'y'], allowed: [['a*'], ['*b']], denied: ['d'] },
      denied_paths: ['secrets/', '.env'],
      denied_commands: [],
      blocked_secrets: [],
      block_secret_shapes: true,
    });
  });

  it('joins limits per model and per task, the stricter each', () => {
    const merged = mergeConfig(
      { budgets: { models: { 'gpt*': { usd: 2, tokens: 5 } }, task: { usd: 1 } } },
      { budgets: { models: { 'gpt*': { usd: 3 }, claude: { tokens: 9 } }, task: { usd: 0.5, tokens: 7 } } },
    );
    assert.deepEqual(merged.budgets.models, { 'gpt*': { usd: 2, tokens: 5 }, claude: { tokens: 9 } });
    assert.deepEqual(merged.budgets.task, { usd: 0.5, tokens: 7 });
  });

  it('joins limits in windows, of a call and of a workspace in the same way', () => {
    const { budgets } = mergeConfig(
      { budgets: { agents: { a: { windows: { day: { usd: 4 } } } }, call: { usd: 1 }, workspace: { tokens: 9 } } },
      {
        budgets: {
          agents: { a: { usd: 1, windows: { day: { usd: 3, tokens: 2 }, hour: { usd: 1 } } } },
          call: { usd: 2, tokens: 5 },
        },
      },
    );
    assert.deepEqual(budgets.agents, { a: { usd: 1, windows: { day: { usd: 3, tokens: 2 }, hour: { usd: 1 } } } });
    assert.deepEqual([budgets.call, budgets.workspace], [{ usd: 1, tokens: 5 }, { tokens: 9 }]);
  });

  it('spreads budgets as soon as one side wants it, with the smaller burst', () => {
    const paceOf = (file: object, settings: object) => {
      const { pacing, burst } = mergeConfig({ budgets: file }, { budgets: settings }).budgets;
      return [pacing, burst];
    };
    assert.deepEqual(paceOf({}, {}), [false, 0.25]);
    assert.deepEqual(paceOf({ pacing: true, burst: 0.5 }, { pacing: false, burst: 0.4 }), [true, 0.4]);
    assert.deepEqual(paceOf({}, { pacing: true }), [true, 0.25]);
  });
});
