import assert from 'node:assert/strict';
import type { ModelConfig } from '../../src/core/config.ts';
import { HaiosError, isHaiosError } from '../../src/core/errors.ts';
import type { HostModels } from '../../src/core/ports.ts';
import type { HostModel } from '../../src/protocol/host-models.ts';
import { createModelCatalogue, type CatalogueOptions } from '../../src/models/catalogue.ts';
import { noTokens } from '../../src/protocol/rows.ts';
import { callModel, request } from '../support/provider-conversation.ts';
import { eventStream, startProviderServer, wholeAnswer } from '../support/provider-server.ts';

const local: ModelConfig = {
  id: 'local',
  provider: 'openai-compatible',
  base_url: 'http://127.0.0.1:11434/v1',
  model: 'qwen3',
};

function catalogue(
  models: readonly ModelConfig[],
  change: Partial<CatalogueOptions> = {},
): ReturnType<typeof createModelCatalogue> {
  return createModelCatalogue({
    models,
    keys: () => undefined,
    env: {},
    tokenizer: { count: (text) => Promise.resolve(text.length) },
    host: null,
    ...change,
  });
}

function failure(run: () => unknown): HaiosError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof HaiosError);
    return error;
  }
  throw new Error('It did not fail.');
}

describe('model catalogue', () => {
  it('always has the offline model', () => {
    const models = catalogue([]);
    assert.deepEqual(models.ids(), ['offline']);
    const offline = models.get('offline');
    assert.deepEqual(
      [offline.id, offline.provider, offline.model, offline.free],
      ['offline', 'haios.offline', 'offline', true],
    );
    assert.equal(catalogue([{ id: 'offline', max_output_tokens: 500 }]).get('offline').maxOutputTokens, 500);
  });

  it('builds what is configured', () => {
    const models = catalogue(
      [
        local,
        {
          id: 'router',
          provider: 'openai-compatible',
          base_url: 'https://openrouter.ai/api/v1/',
          model: 'x/y',
          api_key_env: 'ROUTER_API_KEY',
        },
        { id: 'haiku', provider: 'anthropic', model: 'claude-haiku-4-5', max_output_tokens: 99 },
      ],
      { env: { ROUTER_API_KEY: 'r', ANTHROPIC_API_KEY: 'a' } },
    );
    assert.deepEqual(models.ids(), ['offline', 'local', 'router', 'haiku']);
    const about = (id: string): readonly unknown[] => {
      const { provider, model, free, maxOutputTokens } = models.get(id);
      return [provider, model, free, maxOutputTokens];
    };
    assert.deepEqual(about('local'), ['openai-compatible', 'qwen3', false, 8192]);
    assert.deepEqual(about('router'), ['openrouter', 'x/y', false, 8192]);
    assert.deepEqual(about('haiku'), ['anthropic', 'claude-haiku-4-5', false, 99]);
  });

  it('gives the listed models of OpenAI and Anthropic directly', () => {
    const models = catalogue([], { env: { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a' } });
    assert.deepEqual(
      [models.get('openai/gpt-5-mini').provider, models.get('openai/gpt-5-mini').model],
      ['openai', 'gpt-5-mini'],
    );
    assert.equal(models.get('anthropic/claude-haiku-4-5-20251001').provider, 'anthropic');
    for (const id of ['openai/gpt-5-mini-foo', 'openai/', 'anthropic/gpt-5-mini', 'openai/text-embedding-3-small']) {
      assert.equal(failure(() => models.get(id)).code, 'MODEL_UNKNOWN', id);
    }
  });

  it('names the nearest id for an unknown one', () => {
    const error = failure(() => catalogue([local]).get('locale'));
    assert.equal(error.code, 'MODEL_UNKNOWN');
    assert.match(error.message, /"locale".*did you mean "local"\? Configured: offline, local\./);
    assert.match(failure(() => catalogue([]).get('openai/gpt5-mini')).message, /did you mean "openai\/gpt-5-mini"/);
    assert.match(failure(() => catalogue([]).get('__proto__')).message, /"__proto__"/);
  });

  it('asks for a key that is missing, by the name of its variable', () => {
    const remote: ModelConfig = {
      id: 'far',
      provider: 'openai-compatible',
      base_url: 'https://llm.example.org/v1',
      model: 'm',
      api_key_env: 'FAR_API_KEY',
    };
    const models = catalogue([remote]);
    const missing = failure(() => models.get('far'));
    assert.equal(missing.code, 'API_KEY_MISSING');
    assert.match(missing.message, /"far".*FAR_API_KEY/);
    assert.match(failure(() => models.get('openai/gpt-5-mini')).message, /OPENAI_API_KEY/);
    assert.equal(failure(() => catalogue([remote], { env: { FAR_API_KEY: '  ' } }).get('far')).code, 'API_KEY_MISSING');
    assert.doesNotThrow(() => catalogue([remote], { env: { FAR_API_KEY: 'k' } }).get('far'));
    assert.doesNotThrow(() => catalogue([remote], { keys: (id) => (id === 'far' ? 'k' : undefined) }).get('far'));
    assert.doesNotThrow(() =>
      catalogue([], { keys: (id) => (id === 'openai' ? 'k' : undefined) }).get('openai/gpt-5-mini'),
    );
  });

  it('sends neither a maker’s key nor just any variable to an address that a file names', () => {
    for (const variable of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN']) {
      const evil: ModelConfig = {
        id: 'evil',
        provider: 'openai-compatible',
        base_url: 'https://evil.example.org/v1',
        model: 'm',
        api_key_env: variable,
      };
      const error = failure(() => catalogue([evil], { env: { [variable]: 'canary' } }).get('evil'));
      assert.equal(error.code, 'CONFIG_INVALID');
      assert.match(error.message, new RegExp(`api_key_env.*"evil".*"${variable}"`));
    }
  });

  it('refuses a key that no header can carry, without repeating it', () => {
    const error = failure(() =>
      catalogue([], { env: { OPENAI_API_KEY: 'sk-canary\nX-Evil: 1' } }).get('openai/gpt-5-mini'),
    );
    assert.equal(error.code, 'API_KEY_MISSING');
    assert.ok(!error.message.includes('canary'));
  });

  it('needs no key for local addresses only', () => {
    const at = (base_url: string) => () => catalogue([{ ...local, base_url }]).get('local');
    for (const host of [
      'localhost',
      '127.0.0.1',
      '[::1]',
      '10.1.2.3',
      '192.168.0.9',
      '172.20.0.1',
      'host.docker.internal',
      'box.local',
    ]) {
      assert.doesNotThrow(at(`http://${host}:8080/v1`), host);
    }
    for (const host of ['127.0.0.1.example.org', 'example.org', '172.32.0.1', '11.0.0.1', 'localhost.example.org']) {
      assert.equal(failure(at(`http://${host}/v1`)).code, 'API_KEY_MISSING', host);
    }
  });

  it('never gives a maker’s key to another address', async () => {
    const server = await startProviderServer();
    try {
      server.answer((response) => {
        eventStream(response, wholeAnswer('openai', { text: 'ok', usage: { input_tokens: 1, output_tokens: 1 } }));
        response.end();
      });
      const proxy: ModelConfig = { id: 'proxy', provider: 'openai', base_url: server.baseUrl, model: 'gpt-5-mini' };
      const canary = 'sk-canary-of-the-maker';
      const options = { env: { OPENAI_API_KEY: canary }, keys: (id: string) => (id === 'openai' ? canary : undefined) };
      await callModel(catalogue([proxy], options).get('proxy'), request('hello'));
      assert.ok(!JSON.stringify(server.headers).includes(canary));
      const far = { ...proxy, base_url: 'https://llm.example.org/v1' };
      assert.equal(failure(() => catalogue([far], options).get('proxy')).code, 'API_KEY_MISSING');
    } finally {
      await server.stop();
    }
  });

  it('refuses an entry without a usable address', () => {
    const entry: ModelConfig = { id: 'x', provider: 'openai-compatible', model: 'm' };
    for (const models of [[entry], [{ ...entry, base_url: 'nonsense' }], [{ ...entry, base_url: 'file:///etc' }]]) {
      assert.ok(
        isHaiosError(
          failure(() => catalogue(models).get('x')),
          'CONFIG_INVALID',
        ),
      );
    }
  });

  it('tells of each model whether it is ready and priced', () => {
    const info = catalogue([
      local,
      { id: 'mini', provider: 'openai', model: 'gpt-5-mini' },
      { ...local, id: 'own', model: 'other', prices: { input: 1, output: 2 } },
    ]).info();
    assert.deepEqual(
      info.map((m) => [m.id, m.ready, m.priced]),
      [
        ['offline', true, false],
        ['local', true, false],
        ['mini', false, true],
        ['own', true, true],
      ],
    );
    assert.match(info[2]?.note ?? '', /OPENAI_API_KEY/);
  });

  it('hands own prices on', () => {
    const { prices } = catalogue([local, { ...local, id: 'own', model: 'other', prices: { input: 1, output: 2 } }]);
    assert.equal(
      prices.quote({ provider: 'openai-compatible', model: 'other' }, { ...noTokens, input: 3, output: 4 }, 0)?.nusd,
      11_000,
    );
    assert.equal(prices.quote({ provider: 'openai-compatible', model: 'qwen3' }, { ...noTokens, input: 3 }, 0), null);
  });

  describe('models of the editor', () => {
    const copilot: ModelConfig = { id: 'copilot', provider: 'vscode', model: 'copilot/gpt-4.1' };
    const editor = (offered: readonly HostModel[] | null): HostModels => ({
      offered: () => offered,
      stream: () => assert.fail('nothing is sent'),
    });
    const two = [
      { vendor: 'copilot', id: 'gpt-4.1' },
      { vendor: 'other', id: 'a/b' },
    ];

    it('are those that are configured, and those it offers beside them', () => {
      const models = catalogue([copilot], { host: editor(two) });
      assert.deepEqual(
        models.info().map(({ id, provider, model, ready, priced }) => [id, provider, model, ready, priced]),
        [
          ['offline', 'haios.offline', 'offline', true, false],
          ['copilot', 'vscode', 'copilot/gpt-4.1', true, false],
          ['vscode/other/a/b', 'vscode', 'other/a/b', true, false],
        ],
      );
      assert.deepEqual(models.ids(), ['offline', 'copilot']);
      const direct = models.get('vscode/other/a/b');
      assert.deepEqual([direct.provider, direct.model, direct.free], ['vscode', 'other/a/b', false]);
    });

    it('are not ready when the editor does not offer them, which is known once it has told', () => {
      const [, info] = catalogue([copilot], { host: editor([]) }).info();
      assert.equal(info?.ready, false);
      assert.match(info.note ?? '', /no model "copilot\/gpt-4\.1" for "copilot" now\. It offers none; sign in/);
      assert.equal(catalogue([copilot], { host: editor(null) }).info()[1]?.ready, true);
      // Its provider may start late: the call itself finds out.
      assert.doesNotThrow(() => catalogue([copilot], { host: editor([]) }).get('copilot'));
    });

    it('are named when they are the nearest to an unknown id', () => {
      const error = failure(() => catalogue([], { host: editor(two) }).get('vscode-other/a/b'));
      assert.equal(error.code, 'MODEL_UNKNOWN');
      assert.match(error.message, /did you mean "vscode\/other\/a\/b"\?/);
    });

    it('work in the editor only, and say so elsewhere', () => {
      const models = catalogue([copilot]);
      for (const id of ['copilot', 'vscode/copilot/gpt-4.1']) {
        const error = failure(() => models.get(id));
        assert.equal(error.code, 'EDITOR_ONLY');
        assert.match(error.message, new RegExp(`^Model "${id}" .* works in the editor only; start the run there`));
      }
      assert.deepEqual(
        models.info().map(({ id, ready }) => [id, ready]),
        [
          ['offline', true],
          ['copilot', false],
        ],
      );
    });

    it('have the price that a person gives them, and else none', () => {
      const priced = { ...copilot, prices: { input: 1, output: 2 } };
      assert.equal(catalogue([priced], { host: editor(two) }).info()[1]?.priced, true);
      const { prices } = catalogue([copilot], { host: editor(two) });
      assert.equal(prices.bound({ provider: 'vscode', model: 'copilot/gpt-4.1' }, 1, 1, Date.now()), null);
    });
  });
});
