import assert from 'node:assert/strict';
import { parseConfig, settingsToConfig, type PartialConfig } from '../../src/core/config.ts';

const file = 'haios.config.json';

function good(text: string): PartialConfig {
  const parsed = parseConfig(text, { file });
  if (!parsed.ok) throw parsed.error;
  return parsed.config;
}

function complaint(text: string): string {
  const parsed = parseConfig(text, { file });
  if (parsed.ok) throw new Error(`accepted: ${text}`);
  assert.equal(parsed.error.code, 'CONFIG_INVALID');
  return parsed.error.message;
}

describe('parseConfig', () => {
  it('reads comments and trailing commas', () => {
    const text = '\uFEFF{\n // team\n "budgets": { "usd": 2.5, /* per day */ "windows": { "day": { "usd": 9 } }, },\n}';
    assert.deepEqual(good(text), { budgets: { usd: 2.5, windows: { day: { usd: 9 } } } });
  });

  it('reads the sample of the contract', () => {
    const sample = {
      mode: 'dev_fast',
      budgets: {
        usd: 5,
        windows: { hour: { usd: 5 } },
        models: { 'gpt-5*': { usd: 2 } },
        task: { usd: 1, tokens: 200_000 },
      },
      lanes: { global: 32, tool_call: 8 },
      telemetry: { otlp: { endpoint: null } },
      models: [
        { id: 'offline' },
        { id: 'local', provider: 'openai-compatible', base_url: 'http://127.0.0.1:11434/v1', model: 'qwen3' },
      ],
      mcp: { servers: {} },
      critics: [{ name: 'typecheck', command: 'npx tsc --noEmit' }],
    };
    assert.deepEqual(good(JSON.stringify(sample)), sample);
  });

  describe('prices of one’s own', () => {
    const priced = (prices: object): string =>
      JSON.stringify({ models: [{ id: 'm', provider: 'openai', model: 'gpt-5-mini', prices }] });

    it('are rates, or a discount off the list price', () => {
      assert.doesNotThrow(() => good(priced({ input: 1, output: 2, cache_write_1h: 2, currency: 'USD' })));
      assert.doesNotThrow(() => good(priced({ discount: 0.15 })));
      assert.match(
        complaint(priced({ input: 1 })),
        /models\[0\]\.prices\.output .*given: US dollars per million tokens/,
      );
      assert.match(complaint(priced({ discount: 0.1, input: 1, output: 2 })), /prices\.discount .*left out/);
      assert.match(complaint(priced({ discount: 15 })), /prices\.discount .*a part from 0 to 1/);
    });

    it('trap: currency other than USD in own prices', () => {
      for (const currency of ['EUR', 'CNY', 'usd', '', 1, null]) {
        const said = complaint(priced({ input: 1, output: 2, currency }));
        assert.match(said, /models\[0\]\.prices\.currency .*"USD", or left out: convert the rates to US dollars/);
      }
    });

    it('and the tier to ask for, where there is such a one', () => {
      const asked = (provider: string, service_tier: unknown): string =>
        JSON.stringify({ models: [{ id: 'm', provider, model: 'x', service_tier }] });
      assert.doesNotThrow(() => good(asked('openai', 'flex')));
      assert.match(complaint(asked('openai', 'batch')), /service_tier .*one of "standard", "flex", "priority"/);
      assert.match(complaint(asked('anthropic', 'flex')), /service_tier .*Anthropic has no flex tier/);
    });
  });

  it('says what is wrong with a policy', () => {
    const says = (policies: object): string => complaint(JSON.stringify({ policies }));
    assert.match(
      says({ repository: { concurrency: 0 } }),
      /policies\.repository\.concurrency is 0; it must be a whole number of runs from 1 to 1000, or null/,
    );
    assert.match(says({ agents: { 'a b': {} } }), /the key must be an agent name of 1 to 64 letters/);
    assert.match(
      says({ labels: { required: ['a b'] } }),
      /policies\.labels\.required\[0\] is "a b"; it must be a label/,
    );
    for (const path of ['../x', 'a/../../x', '!x', '**', '/'])
      assert.match(says({ denied_paths: [path] }), /policies\.denied_paths\[0\]/);
    assert.match(says({ denied_commands: ['* push'] }), /policies\.denied_commands\[0\] .* a program/);
    assert.match(says({ blocked_secrets: ['a b'] }), /never the secret itself/);
    assert.match(says({ repositry: {} }), /Did you mean policies\.repository\?/);
  });

  it('says line and column of a syntax error', () => {
    assert.match(complaint('{\n  "mode": "strict"\n  "port": 1\n}'), /^haios\.config\.json:3:3: .*comma expected/);
    assert.match(complaint('{\r\n "port": NaN }'), /^haios\.config\.json:2:10: /);
    assert.match(complaint(''), /value expected|empty/);
  });

  it('suggests the nearest known key', () => {
    assert.equal(complaint('{ "budgtes": {} }'), 'haios.config.json:1:3: unknown key budgtes. Did you mean budgets?');
    assert.match(complaint('{ "telemetry": { "captureContent": true } }'), /Did you mean telemetry\.capture_content\?/);
    assert.match(complaint('{ "usd": 5 }'), /Did you mean budgets\.usd\?/);
    assert.match(complaint('{ "lanes": { "zzzzzzzz": 1 } }'), /Known here: global, model_call/);
    assert.match(
      complaint('{ "models": [{ "id": "m", "provider": "openai", "api_key": "k" }] }'),
      /models\[0\]\.api_key_env\?/,
    );
  });

  it('names file, line, field, value and what is allowed', () => {
    assert.equal(
      complaint('{\n "budgets": {\n  "usd": -1 } }'),
      'haios.config.json:3:10: budgets.usd is -1; it must be a number of US dollars from 0 to 1000000.',
    );
    assert.match(complaint('{ "mode": "fast" }'), /mode is "fast"; it must be one of "dev_fast", "strict"\./);
    assert.match(complaint('{ "port": 80 }'), /port is 80; it must be a whole number from 1024 to 65535, or 0/);
    assert.match(
      complaint('{ "lanes": { "critic": 1.5 } }'),
      /lanes\.critic is 1\.5; it must be a whole number of calls from 1/,
    );
    assert.match(complaint('{ "lanes": [] }'), /lanes is a list; it must be an object/);
    assert.match(complaint('[]'), /the whole is a list; it must be an object/);
  });

  it('says how many more problems there are, and lists them for the log', () => {
    const parsed = parseConfig('{ "port": -1, "mode": 3, "nope": 1 }', { file });
    assert.ok(!parsed.ok);
    assert.match(parsed.error.message, /\(and 2 more\)$/);
    assert.equal((parsed.error.details.problems as string[]).length, 3);
  });

  it('takes limits of a call, a workspace, and of agents and models by pattern and window', () => {
    const budgets = {
      call: { usd: 0.5, tokens: 9000 },
      workspace: { usd: 200 },
      agents: { 'fix*': { usd: 1, windows: { hour: { usd: 2 }, week: { tokens: 5 } } } },
      models: { 'gpt-5*': { tokens: 7, windows: { day: { usd: 3, tokens: 8 } } } },
      pacing: true,
      burst: 0.1,
    };
    assert.deepEqual(good(JSON.stringify({ budgets })), { budgets });
  });

  it('says of each budget what is wrong with it, and what is allowed', () => {
    const budgets = (text: string): string => complaint(`{ "budgets": ${text} }`).replace(/^\S+ /, '');
    assert.equal(
      budgets('{ "call": { "usd": -1 } }'),
      'budgets.call.usd is -1; it must be a number of US dollars from 0 to 1000000.',
    );
    assert.equal(
      budgets('{ "agents": { "a": { "windows": { "day": { "tokens": 1.5 } } } } }'),
      'budgets.agents.a.windows.day.tokens is 1.5; it must be a whole number of tokens.',
    );
    assert.equal(budgets('{ "models": { "m": 5 } }'), 'budgets.models.m is 5; it must be an object { … }.');
    assert.equal(budgets('{ "workspace": 5 }'), 'budgets.workspace is 5; it must be an object { … }.');
    assert.equal(
      budgets('{ "models": { "m": { "windows": { "day": null } } } }'),
      'budgets.models.m.windows.day is null; it must be an object { … }.',
    );
    assert.equal(
      budgets('{ "models": { "m": { "windows": { "month": {} } } } }'),
      'unknown key budgets.models.m.windows.month. Known here: hour, day, week.',
    );
    assert.equal(
      budgets('{ "models": { "m": { "day": { "usd": 1 } } } }'),
      'unknown key budgets.models.m.day. Known here: usd, tokens, windows.',
    );
    assert.equal(
      budgets('{ "models": { "gpt-[45]": { "usd": 1 } } }'),
      'budgets.models.gpt-[45]: the key must be a name or pattern of 1 to 100 characters without spaces, quotes and brackets.',
    );
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`m${at}`, { usd: 1 }]));
    assert.equal(
      budgets(JSON.stringify({ agents: many })),
      'budgets.agents is an object; it must be an object of at most 100 patterns.',
    );
    assert.equal(budgets('{ "pacing": "yes" }'), 'budgets.pacing is "yes"; it must be true or false.');
    assert.equal(budgets('{ "burst": 0 }'), 'budgets.burst is 0; it must be a number from 0.01 to 1.');
  });

  it('checks tool servers as a whole', () => {
    const server = (text: string): string => complaint(`{ "mcp": { "servers": { "a": ${text} } } }`);
    assert.match(server('{}'), /mcp\.servers\.a is .*; it must be an object with either "command" or "url"/);
    assert.match(server('{ "command": "x", "url": "http://y" }'), /either "command" or "url"/);
    assert.match(
      server('{ "url": "http://y", "env": { "A": "b" } }'),
      /mcp\.servers\.a\.env is .*; it must be left out: it is for a server that is started by its "command"/,
    );
  });

  it('checks models as a whole', () => {
    assert.match(complaint('{ "models": [{ "id": "x" }] }'), /models\[0\]\.provider is missing; it must be given/);
    assert.match(
      complaint('{ "models": [{ "id": "x", "provider": "openai-compatible", "model": "m" }] }'),
      /base_url is missing/,
    );
    assert.match(complaint('{ "models": [{ "id": "offline", "provider": "openai" }] }'), /another id/);
    assert.match(
      complaint('{ "models": [{ "id": "offline" }, { "id": "offline" }] }'),
      /models\[1\]\.id is "offline"; it must be given once/,
    );
    assert.match(
      complaint('{ "models": [{ "id": "x", "provider": "openai", "base_url": "file:///etc/passwd" }] }'),
      /an http:\/\/ or https:\/\/ address/,
    );
    const editors = (more: string): string => complaint(`{ "models": [{ "id": "x", "provider": "vscode"${more} }] }`);
    for (const model of ['', ', "model": "gpt-4.1"', ', "model": "/gpt-4.1"']) {
      assert.match(editors(model), /model is .*; it must be VENDOR\/ID of a model of the editor/);
    }
    for (const other of ['"base_url": "http://127.0.0.1/"', '"api_key_env": "X_API_KEY"', '"service_tier": "flex"']) {
      assert.match(editors(`, "model": "copilot/gpt-4.1", ${other}`), /left out for a model of the editor/);
    }
  });
});

describe('settingsToConfig', () => {
  it('takes null for unset and nothing else', () => {
    const parsed = settingsToConfig({ port: null, budgets: { usd: 3, tokens: undefined } });
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.config, { budgets: { usd: 3 } });
  });

  it('names a setting as VS Code shows it', () => {
    const parsed = settingsToConfig({ telemetry: { capture_content: 'yes' } });
    assert.ok(!parsed.ok);
    assert.equal(parsed.error.message, 'settings: haios.telemetry.captureContent is "yes"; it must be true or false.');
  });
});
