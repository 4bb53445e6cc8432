import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { Model } from '../../src/core/ports.ts';
import { createAnthropicModel } from '../../src/models/anthropic.ts';
import type { RemoteOptions } from '../../src/models/ai-sdk.ts';
import { createOpenAICompatibleModel } from '../../src/models/openai-compatible.ts';
import { createOpenAIModel } from '../../src/models/openai.ts';
import type { Tokens } from '../../src/protocol/rows.ts';
import { callModel, request, type Finish } from '../support/provider-conversation.ts';
import {
  data,
  eventStream,
  startProviderServer,
  wholeAnswer,
  type ProviderKind,
  type ProviderServer,
} from '../support/provider-server.ts';

describe('what providers answer', () => {
  let server: ProviderServer;
  beforeEach(async () => {
    server = await startProviderServer();
  });
  afterEach(() => server.stop());

  const model = (kind: ProviderKind, change: Partial<RemoteOptions> = {}): Model => {
    const options: RemoteOptions = {
      id: 'subject',
      provider: kind,
      model: kind === 'anthropic' ? 'claude-haiku-4-5' : 'gpt-5-mini',
      baseUrl: server.baseUrl,
      apiKey: 'sk-test',
      maxOutputTokens: 4096,
      idleMs: 10_000,
      ...change,
    };
    const make = {
      openai: createOpenAIModel,
      anthropic: createAnthropicModel,
      'openai-compatible': createOpenAICompatibleModel,
    };
    return make[kind](options);
  };
  const answers = (events: readonly string[]): void =>
    server.answer((response: ServerResponse) => {
      eventStream(response, events);
      response.end();
    });
  const finishOf = async (kind: ProviderKind, usage: unknown): Promise<Finish> => {
    answers(wholeAnswer(kind, { text: 'hi', usage }));
    return (await callModel(model(kind), request('hello'))).finish;
  };

  describe('usage', () => {
    const good: readonly [string, ProviderKind, unknown, Tokens][] = [
      [
        'OpenAI chat counts cached and reasoning tokens inside the whole',
        'openai-compatible',
        {
          prompt_tokens: 100,
          completion_tokens: 50,
          prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 10 },
          completion_tokens_details: { reasoning_tokens: 20 },
        },
        { input: 60, cache_read: 30, cache_write: 10, cache_write_1h: 0, output: 30, reasoning: 20 },
      ],
      [
        'xAI counts reasoning beside the output',
        'openai-compatible',
        {
          prompt_tokens: 10,
          completion_tokens: 5,
          total_tokens: 35,
          completion_tokens_details: { reasoning_tokens: 20 },
        },
        { input: 10, cache_read: 0, cache_write: 0, cache_write_1h: 0, output: 5, reasoning: 20 },
      ],
      [
        'OpenAI responses',
        'openai',
        {
          input_tokens: 100,
          output_tokens: 50,
          input_tokens_details: { cached_tokens: 40 },
          output_tokens_details: { reasoning_tokens: 50 },
        },
        { input: 60, cache_read: 40, cache_write: 0, cache_write_1h: 0, output: 0, reasoning: 50 },
      ],
      [
        'Anthropic counts cached tokens beside the input',
        'anthropic',
        { input_tokens: 20, cache_read_input_tokens: 300, cache_creation_input_tokens: 40, output_tokens: 9 },
        { input: 20, cache_read: 300, cache_write: 40, cache_write_1h: 0, output: 9, reasoning: 0 },
      ],
    ];
    for (const [name, kind, usage, tokens] of good) {
      it(name, async () => {
        const finish = await finishOf(kind, usage);
        assert.deepEqual([finish.usage, finish.usageError], [tokens, undefined]);
      });
    }

    it('that is missing is null, without an error', async () => {
      const finish = await finishOf('openai-compatible', undefined);
      assert.deepEqual([finish.usage, finish.usageError], [null, undefined]);
    });

    const bad: readonly [string, ProviderKind, unknown, RegExp][] = [
      ['negative', 'openai-compatible', { prompt_tokens: -1, completion_tokens: 2 }, /prompt_tokens is -1/],
      ['a text', 'openai-compatible', { prompt_tokens: 'many', completion_tokens: 2 }, /prompt_tokens is "many"/],
      ['no object', 'openai-compatible', 'a lot', /usage is "a lot"/],
      ['a fraction', 'openai-compatible', { prompt_tokens: 1.5, completion_tokens: 2 }, /prompt_tokens is 1.5/],
      ['all zero', 'openai-compatible', { prompt_tokens: 0, completion_tokens: 0 }, /all counts are 0/],
      [
        'more cached than there is',
        'openai-compatible',
        { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 6 } },
        /cached part of usage.prompt_tokens is 6, more than the 5/,
      ],
      [
        'more reasoning than output',
        'openai-compatible',
        { prompt_tokens: 5, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 3 } },
        /reasoning_tokens is 3, more than the 2 of/,
      ],
      [
        'details that are none',
        'openai-compatible',
        { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: 'none' },
        /prompt_tokens_details is "none"/,
      ],
      ['a text (responses)', 'openai', { input_tokens: '12', output_tokens: 2 }, /input_tokens is "12"/],
      ['negative (responses)', 'openai', { input_tokens: 12, output_tokens: -2 }, /output_tokens is -2/],
      ['a text (Anthropic)', 'anthropic', { output_tokens: 'x' }, /output_tokens is "x"/],
      ['negative (Anthropic)', 'anthropic', { output_tokens: -5 }, /output_tokens is -5/],
    ];
    for (const [name, kind, usage, reason] of bad) {
      it(`that is ${name} is null, and says why; the answer stays`, async () => {
        answers(wholeAnswer(kind, { text: 'still good', usage }));
        const turn = await callModel(model(kind), request('hello'));
        assert.equal(turn.text, 'still good');
        assert.equal(turn.finish.usage, null);
        assert.match(turn.finish.usageError ?? '', reason);
      });
    }

    for (const value of ['NaN', 'Infinity', '1e999']) {
      it(`with the number ${value} is null, and says why`, async () => {
        const events = wholeAnswer('openai-compatible', {
          text: 'ok',
          usage: { prompt_tokens: 4711, completion_tokens: 2 },
        });
        answers(events.map((event) => event.replace('4711', value)));
        const { finish } = await callModel(model('openai-compatible'), request('hello'));
        assert.equal(finish.usage, null);
        assert.match(finish.usageError ?? '', /prompt_tokens is/);
      });
    }

    it('takes the cost that OpenRouter reports, in nano-dollars', async () => {
      const finish = await finishOf('openai-compatible', {
        prompt_tokens: 10,
        completion_tokens: 2,
        cost: 0.0012345678,
      });
      assert.equal(finish.reportedNusd, 1_234_568);
      assert.deepEqual(finish.usage, {
        input: 10,
        cache_read: 0,
        cache_write: 0,
        cache_write_1h: 0,
        output: 2,
        reasoning: 0,
      });
      assert.equal(
        (await finishOf('openai-compatible', { prompt_tokens: 10, completion_tokens: 2, cost: -1 })).reportedNusd,
        undefined,
      );
    });
  });

  describe('tool calls', () => {
    const called = (...deltas: readonly object[]): readonly string[] => [
      ...deltas.map((delta) => data({ id: 'c', model: 'm', choices: [{ index: 0, delta }] })),
      data({ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
    ];
    const call = (index: number, id: string | null, name: string | null, args: string): object => ({
      tool_calls: [
        {
          index,
          ...(id === null ? {} : { id, type: 'function' }),
          function: { ...(name === null ? {} : { name }), arguments: args },
        },
      ],
    });

    it('come whole, in order, though sent in pieces', async () => {
      answers(
        called(call(0, 'a', 'read_file', '{"pa'), call(0, null, null, 'th":"x"}'), call(1, 'b', 'list_files', '')),
      );
      const turn = await callModel(model('openai-compatible'), request('hello'));
      assert.deepEqual(turn.calls, [
        { id: 'a', name: 'read_file', arguments: { path: 'x' } },
        { id: 'b', name: 'list_files', arguments: {} },
      ]);
      assert.deepEqual([turn.finish.reason, turn.finish.usage], ['tool_calls', null]);
    });

    it('with arguments that are no JSON are marked invalid and keep the text', async () => {
      answers(called(call(0, 'a', 'read_file', '{"path": x')));
      const [made] = (await callModel(model('openai-compatible'), request('hello'))).calls;
      assert.equal(made?.arguments, '{"path": x');
      assert.match(made?.invalid ?? '', /not valid JSON/);
    });

    it('and their results are sent back to each provider, invalid ones too', async () => {
      for (const kind of ['openai-compatible', 'openai', 'anthropic'] as const) {
        answers(
          wholeAnswer(kind, {
            text: 'ok',
            usage: { prompt_tokens: 9, completion_tokens: 1, input_tokens: 9, output_tokens: 1 },
          }),
        );
        await callModel(
          model(kind),
          request('go', {
            system: 'Be brief.',
            messages: [
              { role: 'user', text: 'go' },
              {
                role: 'assistant',
                text: '',
                toolCalls: [
                  { id: 'call_a', name: 'read_file', arguments: { path: 'x' } },
                  { id: 'call_b', name: 'read_file', arguments: '{"path": x', invalid: 'no JSON' },
                ],
              },
              {
                role: 'tool',
                results: [
                  { id: 'call_a', name: 'read_file', text: 'content of x', isError: false },
                  { id: 'call_b', name: 'read_file', text: 'wrong arguments', isError: true },
                ],
              },
              { role: 'assistant', text: '', toolCalls: [] },
            ],
          }),
        );
        const body = server.bodies.at(-1) ?? '';
        for (const part of ['Be brief.', 'call_a', 'call_b', 'content of x', 'wrong arguments'])
          assert.ok(body.includes(part), `${kind}: ${part}`);
      }
    });
  });

  it('reasoning comes as reasoning, and the reason to finish is told', async () => {
    answers([
      data({ id: 'c', model: 'm', choices: [{ index: 0, delta: { reasoning_content: 'hm' } }] }),
      data({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'cut' } }] }),
      data({ id: 'c', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'length' }] }),
    ]);
    const turn = await callModel(model('openai-compatible'), request('hello'));
    assert.deepEqual(
      turn.events.map((e) => e.type),
      ['reasoning', 'text', 'finish'],
    );
    assert.equal(turn.finish.reason, 'length');
  });

  it('the output limit sent is the smaller of the request and the model', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 1, input_tokens: 9, output_tokens: 1 };
    const names = { openai: 'max_output_tokens', anthropic: 'max_tokens', 'openai-compatible': 'max_tokens' } as const;
    for (const kind of ['openai-compatible', 'openai', 'anthropic'] as const) {
      answers(wholeAnswer(kind, { text: 'ok', usage }));
      await callModel(model(kind, { maxOutputTokens: 100 }), request('hello', { maxOutputTokens: 5000 }));
      await callModel(model(kind, { maxOutputTokens: 5000 }), request('hello', { maxOutputTokens: 77 }));
      const limits = server.bodies
        .slice(-2)
        .map((body) => Reflect.get(JSON.parse(body) as object, names[kind]) as unknown);
      assert.deepEqual(limits, [100, 77], kind);
    }
  });

  it('a model without a key sends none', async () => {
    answers(wholeAnswer('openai-compatible', { text: 'ok', usage: { prompt_tokens: 9, completion_tokens: 1 } }));
    await callModel(model('openai-compatible', { apiKey: undefined }), request('hello'));
    assert.equal(server.headers.at(-1)?.authorization, undefined);
  });

  it('nothing is stored at OpenAI, and tools are not made strict', async () => {
    answers(wholeAnswer('openai', { text: 'ok', usage: { input_tokens: 9, output_tokens: 1 } }));
    const tools = [
      {
        name: 'list_files',
        description: 'Lists.',
        parameters: { type: 'object', properties: { glob: { type: 'string' } } },
      },
    ];
    await callModel(model('openai'), request('hello', { tools }));
    const body = JSON.parse(server.bodies.at(-1) ?? '{}') as { store?: unknown; tools?: { strict?: unknown }[] };
    assert.deepEqual([body.store, body.tools?.[0]?.strict], [false, false]);
  });
});
