import assert from 'node:assert/strict';
import type { Model } from '../../../src/core/ports.ts';
import { price } from '../../../src/core/budget/pricing.ts';
import type { RemoteOptions } from '../../../src/models/ai-sdk.ts';
import { createAnthropicModel } from '../../../src/models/anthropic.ts';
import { createOpenAICompatibleModel } from '../../../src/models/openai-compatible.ts';
import { createOpenAIModel } from '../../../src/models/openai.ts';
import { createPrices } from '../../../src/models/prices.ts';
import { noTokens, type Tokens } from '../../../src/protocol/rows.ts';
import { callModel, field, request, type Finish } from '../../support/provider-conversation.ts';
import { data, eventStream, startProviderServer, type ProviderServer } from '../../support/provider-server.ts';

/** Streams as the providers send them, through the real adapters, to the nano-dollar. */
describe('a replayed stream', () => {
  let server: ProviderServer;
  beforeEach(async () => {
    server = await startProviderServer();
  });
  afterEach(() => server.stop());

  const make = { openai: createOpenAIModel, anthropic: createAnthropicModel, compatible: createOpenAICompatibleModel };
  const modelOf = (kind: keyof typeof make, of: Partial<RemoteOptions>): Model =>
    make[kind]({
      id: 'subject',
      provider: 'openai',
      model: 'gpt-5-mini',
      baseUrl: server.baseUrl,
      apiKey: 'sk-test',
      maxOutputTokens: 4096,
      idleMs: 10_000,
      ...of,
    });
  const replay = async (
    kind: keyof typeof make,
    of: Partial<RemoteOptions>,
    events: readonly object[],
  ): Promise<{ readonly finish: Finish; readonly cost: readonly [number, string] }> => {
    server.answer((response) => {
      eventStream(response, [...events.map(data), ...(kind === 'compatible' ? ['data: [DONE]\n\n'] : [])]);
      response.end();
    });
    const model = modelOf(kind, of);
    const { finish } = await callModel(model, request('hello'));
    const { nusd, pricing } = price(
      model,
      { tokens: finish.usage ?? noTokens, reportedNusd: finish.reportedNusd, tier: finish.serviceTier },
      createPrices(),
      null,
      Date.UTC(2026, 10, 22, 12),
    );
    return { finish, cost: [nusd, pricing] };
  };
  const tokens = (of: Partial<Tokens>): Tokens => ({ ...noTokens, ...of });

  const chunk = (of: object): object => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...of });
  const said = (content: string, of: object = {}): object =>
    chunk({ choices: [{ index: 0, delta: { content } }], ...of });
  const stop = (of: object = {}): object => chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...of });

  const responded = (of: object): readonly object[] => [
    {
      type: 'response.created',
      response: { id: 'r', created_at: 1, model: 'gpt-5-mini-2025-08-07', service_tier: 'auto' },
    },
    { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm', phase: null } },
    { type: 'response.output_text.delta', item_id: 'm', delta: 'hi', logprobs: null },
    { type: 'response.output_item.done', output_index: 0, item: { type: 'message', id: 'm', phase: null } },
    { type: 'response.completed', response: { incomplete_details: null, ...of } },
  ];
  const message = (start: object, ...deltas: readonly object[]): readonly object[] => [
    {
      type: 'message_start',
      message: { id: 'a', role: 'assistant', content: [], model: 'claude-haiku-4-5-20251001', usage: start },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
    { type: 'content_block_stop', index: 0 },
    ...deltas.map((usage) => ({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage,
    })),
    { type: 'message_stop' },
  ];

  it('of OpenAI’s responses: usage and tier come with the end, the wish for a tier before', async () => {
    const usage = {
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 200 },
      output_tokens: 300,
      output_tokens_details: { reasoning_tokens: 100 },
      total_tokens: 1300,
    };
    const plain = await replay('openai', {}, responded({ usage, service_tier: 'default' }));
    assert.deepEqual(
      [plain.finish.usage, plain.finish.serviceTier],
      [tokens({ input: 800, cache_read: 200, output: 200, reasoning: 100 }), 'standard'],
    );
    // 800 × 250 + 200 × 25 + 300 × 2000, and half of it, and at 450, 45 and 3600.
    assert.deepEqual(plain.cost, [805_000, 'priced']);
    assert.deepEqual((await replay('openai', {}, responded({ usage, service_tier: 'flex' }))).cost, [
      402_500,
      'priced',
    ]);
    const priority = await replay('openai', {}, responded({ usage, service_tier: 'priority' }));
    assert.deepEqual(priority.cost, [1_449_000, 'priced']);
    const scale = await replay('openai', {}, responded({ usage, service_tier: 'scale' }));
    assert.deepEqual([scale.finish.serviceTier, scale.cost], ['other', [0, 'unpriced']]);
  });

  it('of Anthropic: both kinds of cache writes are told apart, from the beginning of the stream', async () => {
    const { finish, cost } = await replay(
      'anthropic',
      { provider: 'anthropic', model: 'claude-haiku-4-5' },
      message(
        {
          input_tokens: 20,
          cache_creation_input_tokens: 300,
          cache_read_input_tokens: 4000,
          cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
          output_tokens: 1,
          service_tier: 'standard',
        },
        { output_tokens: 50 },
      ),
    );
    assert.deepEqual(
      [finish.usage, finish.serviceTier],
      [tokens({ input: 20, cache_read: 4000, cache_write: 100, cache_write_1h: 200, output: 50 }), 'standard'],
    );
    // 20 × 1000 + 4000 × 100 + 100 × 1250 + 200 × 2000 + 50 × 5000
    assert.deepEqual(cost, [1_195_000, 'priced']);
  });

  it('of Ollama, OpenRouter, DeepSeek and xAI', async () => {
    const local = await replay('compatible', { provider: 'openai-compatible', model: 'qwen3:0.6b' }, [
      said('hi'),
      stop(),
      chunk({ choices: [], usage: { prompt_tokens: 136, completion_tokens: 15, total_tokens: 151 } }),
    ]);
    assert.deepEqual([local.finish.usage, local.cost], [tokens({ input: 136, output: 15 }), [0, 'unpriced']]);
    const router = await replay('compatible', { provider: 'openrouter', model: 'openai/gpt-5-mini' }, [
      said('hi'),
      stop(),
      chunk({ choices: [], usage: { prompt_tokens: 17, completion_tokens: 2177, cost: 0.00435825, is_byok: false } }),
    ]);
    assert.deepEqual(router.cost, [4_358_250, 'reported']);
    const deepseek = await replay('compatible', { provider: 'deepseek', model: 'deepseek-flash' }, [
      said('hi', { usage: null }),
      stop({
        usage: {
          prompt_tokens: 563,
          completion_tokens: 116,
          total_tokens: 679,
          prompt_cache_hit_tokens: 512,
          prompt_cache_miss_tokens: 51,
          completion_tokens_details: { reasoning_tokens: 60 },
        },
      }),
    ]);
    // 51 × 150 + 512 × 3 + 116 × 600
    assert.deepEqual(deepseek.cost, [78_786, 'priced']);
    const xai = await replay('compatible', { provider: 'x-ai', model: 'grok-4.5' }, [
      said('hi', { usage: { prompt_tokens: 199, completion_tokens: 1, total_tokens: 200 } }),
      stop(),
      chunk({
        choices: [],
        usage: { prompt_tokens: 199, completion_tokens: 2, total_tokens: 201, cost_in_usd_ticks: 37_756_000 },
      }),
    ]);
    assert.deepEqual(xai.cost, [3_775_600, 'reported']);
  });

  it('trap: cached tokens counted twice', async () => {
    // OpenAI counts cached tokens inside the input, Anthropic beside it: 1,000 tokens are read either way.
    const inside = await replay(
      'openai',
      { model: 'gpt-5' },
      responded({ usage: { input_tokens: 1000, input_tokens_details: { cached_tokens: 900 }, output_tokens: 1 } }),
    );
    assert.deepEqual(inside.finish.usage, tokens({ input: 100, cache_read: 900, output: 1 }));
    assert.deepEqual(inside.cost, [247_500, 'priced']); // 100 × 1250 + 900 × 125 + 10000
    const chat = await replay('compatible', { model: 'gpt-5' }, [
      said('hi'),
      stop(),
      chunk({
        choices: [],
        usage: { prompt_tokens: 1000, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 900 } },
      }),
    ]);
    assert.deepEqual(chat.cost, [247_500, 'priced']);
    const beside = await replay(
      'anthropic',
      { provider: 'anthropic', model: 'claude-haiku-4-5' },
      message({ input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 1 }, { output_tokens: 1 }),
    );
    assert.deepEqual(beside.finish.usage, tokens({ input: 100, cache_read: 900, output: 1 }));
    assert.deepEqual(beside.cost, [195_000, 'priced']); // 100 × 1000 + 900 × 100 + 5000
    // DeepSeek tells of the same cached tokens under two names.
    const twice = await replay('compatible', { provider: 'deepseek', model: 'deepseek-flash' }, [
      said('hi'),
      stop({
        usage: {
          prompt_tokens: 1000,
          completion_tokens: 1,
          prompt_cache_hit_tokens: 900,
          prompt_tokens_details: { cached_tokens: 900 },
        },
      }),
    ]);
    assert.deepEqual(twice.finish.usage, tokens({ input: 100, cache_read: 900, output: 1 }));
  });

  it('trap: a streamed message whose usage is repeated counted repeatedly', async () => {
    // Gemini repeats the usage so far in every chunk; Anthropic begins with one and may send several more.
    const gemini = await replay('compatible', { provider: 'google', model: 'gemini-2.5-flash' }, [
      said('one', { usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 100 } }),
      said('two', { usage: { prompt_tokens: 20, completion_tokens: 90, total_tokens: 300 } }),
      stop({ usage: { prompt_tokens: 20, completion_tokens: 151, total_tokens: 553 } }),
    ]);
    assert.deepEqual(gemini.finish.usage, tokens({ input: 20, output: 151, reasoning: 382 }));
    assert.deepEqual(gemini.cost, [1_338_500, 'priced']); // 20 × 300 + 533 × 2500
    const claude = await replay(
      'anthropic',
      { provider: 'anthropic', model: 'claude-haiku-4-5' },
      message(
        { input_tokens: 20, output_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
        { output_tokens: 30, cache_read_input_tokens: null },
        { input_tokens: 20, output_tokens: 50 },
      ),
    );
    assert.deepEqual(claude.finish.usage, tokens({ input: 20, output: 50 }));
    assert.deepEqual(claude.cost, [270_000, 'priced']); // 20 × 1000 + 50 × 5000
  });

  it('trap: last-chunk-only usage missed', async () => {
    const usage = { prompt_tokens: 24, completion_tokens: 8, total_tokens: 32 };
    const after = await replay('compatible', { model: 'gpt-4o' }, [
      said('hi', { usage: null }),
      stop({ usage: null }),
      chunk({ choices: [], usage }),
    ]);
    assert.deepEqual(after.cost, [140_000, 'priced']); // 24 × 2500 + 8 × 10000
    assert.deepEqual(field(JSON.parse(server.bodies.at(-1) ?? '{}'), 'stream_options'), { include_usage: true });
    // xAI has been seen to send it before the last chunk, which then has none.
    const before = await replay('compatible', { model: 'gpt-4o' }, [said('hi', { usage }), stop()]);
    assert.deepEqual(before.cost, [140_000, 'priced']);
  });

  it('that is malformed in the end is refused, with the field and the value', async () => {
    const { finish } = await replay('compatible', {}, [
      said('hi', { usage: { prompt_tokens: 20, completion_tokens: 5 } }),
      stop({ usage: { prompt_tokens: 20, completion_tokens: -5 } }),
    ]);
    assert.equal(finish.usage, null);
    assert.match(finish.usageError ?? '', /^usage\.completion_tokens is -5, /);
  });

  it('is asked for at the tier that is configured, in each provider’s words', async () => {
    const asked = async (kind: keyof typeof make, serviceTier?: 'standard' | 'flex' | 'priority'): Promise<unknown> => {
      const events =
        kind === 'openai'
          ? responded({ usage: { input_tokens: 1, output_tokens: 1 } })
          : kind === 'anthropic'
            ? message({ input_tokens: 1, output_tokens: 1 }, { output_tokens: 1 })
            : [said('hi'), stop()];
      const model = kind === 'anthropic' ? 'claude-haiku-4-5' : 'gpt-5-mini';
      await replay(kind, { model, ...(serviceTier === undefined ? {} : { serviceTier }) }, events);
      return field(JSON.parse(server.bodies.at(-1) ?? '{}'), 'service_tier');
    };
    assert.deepEqual(
      [
        await asked('openai'),
        await asked('openai', 'standard'),
        await asked('openai', 'flex'),
        await asked('openai', 'priority'),
      ],
      [undefined, 'default', 'flex', 'priority'],
    );
    assert.deepEqual([await asked('compatible'), await asked('compatible', 'standard')], [undefined, 'default']);
    assert.deepEqual(
      [await asked('anthropic'), await asked('anthropic', 'standard'), await asked('anthropic', 'priority')],
      [undefined, 'standard_only', 'auto'],
    );
  });
});
