import assert from 'node:assert/strict';
import fc from 'fast-check';
import { anthropicUsage } from '../../../src/models/usage/anthropic.ts';
import { openaiChatUsage } from '../../../src/models/usage/openai-chat.ts';
import { openaiResponsesUsage } from '../../../src/models/usage/openai-responses.ts';
import { reportedCost } from '../../../src/models/usage/reported-cost.ts';
import { tierOf } from '../../../src/models/usage/service-tier.ts';
import { tokenKinds } from '../../../src/catalogue/states.ts';
import { totalTokens } from '../../../src/protocol/rows.ts';

const chat = (change: object): object => ({ prompt_tokens: 10, completion_tokens: 5, ...change });
const responses = (change: object): object => ({ input_tokens: 10, output_tokens: 5, ...change });
const readers = { chat: openaiChatUsage, responses: openaiResponsesUsage, anthropic: anthropicUsage };

describe('malformed usage', () => {
  const bad: readonly (readonly [keyof typeof readers, unknown, RegExp])[] = [
    ['chat', 'a lot', /^usage is "a lot", not an object$/],
    ['chat', [], /^usage is \[\], not an object$/],
    ['chat', chat({ prompt_tokens: -1 }), /^usage\.prompt_tokens is -1, /],
    ['chat', chat({ prompt_tokens: Number.NaN }), /^usage\.prompt_tokens is NaN, /],
    ['chat', chat({ prompt_tokens: '10' }), /^usage\.prompt_tokens is "10", /],
    ['chat', chat({ completion_tokens: 1.5 }), /^usage\.completion_tokens is 1\.5, /],
    ['chat', chat({ completion_tokens: 1e300 }), /^usage\.completion_tokens is 1e\+300, /],
    [
      'chat',
      chat({ completion_tokens: 4_294_967_295 }),
      /^usage\.completion_tokens is 4294967295, more than any model/,
    ],
    ['chat', { prompt_tokens: 10 }, /^usage\.completion_tokens is missing$/],
    ['chat', { completion_tokens: 10 }, /^usage\.prompt_tokens is missing$/],
    ['chat', chat({ prompt_tokens: 0, completion_tokens: 0 }), /all counts are 0/],
    ['chat', chat({ total_tokens: 14 }), /^usage\.total_tokens is 14, less than the 15 of its parts$/],
    ['chat', chat({ prompt_tokens_details: 'x' }), /^usage\.prompt_tokens_details is "x", not an object$/],
    ['chat', chat({ prompt_tokens_details: { cached_tokens: 11 } }), /cached part .* is 11, more than the 10/],
    ['chat', chat({ prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 5 } }), /is 11, more than the 10/],
    ['chat', chat({ prompt_cache_hit_tokens: 11 }), /is 11, more than the 10/],
    ['chat', chat({ completion_tokens_details: { reasoning_tokens: 6 } }), /reasoning_tokens is 6, more than the 5/],
    [
      'chat',
      chat({ total_tokens: 20, completion_tokens_details: { reasoning_tokens: 3 } }),
      /^usage\.total_tokens is 20, which leaves 5 for the 3 of reasoning_tokens$/,
    ],
    ['responses', responses({ input_tokens: '12' }), /^usage\.input_tokens is "12", /],
    ['responses', responses({ total_tokens: 14 }), /is 15, more than the 14 of usage\.total_tokens$/],
    ['responses', responses({ output_tokens_details: { reasoning_tokens: 6 } }), /is 6, more than the 5/],
    [
      'responses',
      responses({
        input_tokens_details: { cache_write_tokens: 3, cache_write_tokens_details: { ttl_12h_tokens: 4 } },
      }),
      /ttl_12h_tokens is 4, more than the 3/,
    ],
    ['anthropic', responses({ output_tokens: -5 }), /^usage\.output_tokens is -5, /],
    ['anthropic', responses({ cache_read_input_tokens: 0.5 }), /^usage\.cache_read_input_tokens is 0\.5, /],
    [
      'anthropic',
      responses({
        cache_creation_input_tokens: 5,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 3 },
      }),
      /^usage\.cache_creation is 6, more than the 5 of usage\.cache_creation_input_tokens$/,
    ],
    [
      'anthropic',
      responses({ output_tokens_details: { thinking_tokens: 6 } }),
      /thinking_tokens is 6, more than the 5/,
    ],
    [
      'anthropic',
      responses({
        iterations: [{ type: 'advisor_message', model: 'claude-opus-4-8', input_tokens: 1, output_tokens: 1 }],
      }),
      /^usage\.iterations\[0\]\.type is "advisor_message", whose price may be another$/,
    ],
    [
      'anthropic',
      responses({ iterations: [{ type: 'message', input_tokens: 1 }] }),
      /iterations\[0\]\.output_tokens is missing/,
    ],
    ['anthropic', responses({ iterations: 3 }), /^usage\.iterations is 3, not a list$/],
  ];
  for (const [reader, usage, reason] of bad) {
    it(`is refused, with field and value: ${reader} ${JSON.stringify(usage).slice(0, 100)}`, () => {
      const read = readers[reader].read(usage);
      assert.equal(read.tokens, null);
      assert.match(read.error ?? '', reason);
    });
  }

  it('is not what was not sent', () => {
    for (const reader of Object.values(readers)) {
      for (const nothing of [undefined, null, {}, { prompt_tokens: null, input_tokens: null }]) {
        const { tokens, error } = reader.read(nothing);
        assert.deepEqual([tokens, error], [null, undefined]);
      }
    }
  });

  it('never throws, and what is read is whole, disjoint and no more than was sent', () => {
    const count = fc.oneof(fc.nat(1000), fc.constantFrom(null, undefined, -1, 1.5, 'x', Number.NaN, 2 ** 53));
    const names = [
      ...['prompt_tokens', 'completion_tokens', 'total_tokens', 'input_tokens', 'output_tokens', 'cached_tokens'],
      ...['cache_read_input_tokens', 'cache_creation_input_tokens', 'prompt_cache_hit_tokens', 'reasoning_tokens'],
    ];
    const details = fc.record(
      {
        cached_tokens: count,
        cache_write_tokens: count,
        reasoning_tokens: count,
        ephemeral_5m_input_tokens: count,
        ephemeral_1h_input_tokens: count,
      },
      { requiredKeys: [] },
    );
    const usage = fc.record(
      {
        ...Object.fromEntries(names.map((name) => [name, count])),
        prompt_tokens_details: details,
        completion_tokens_details: details,
        input_tokens_details: details,
        output_tokens_details: details,
        cache_creation: details,
        cost: fc.oneof(count, fc.double()),
        iterations: fc.oneof(fc.array(details), count),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(usage, fc.jsonValue()), (raw) => {
        for (const reader of Object.values(readers)) {
          const { tokens, reportedNusd } = reader.read(raw);
          assert.ok(reportedNusd === undefined || (Number.isSafeInteger(reportedNusd) && reportedNusd >= 0));
          if (tokens === null) continue;
          for (const kind of tokenKinds) assert.ok(Number.isSafeInteger(tokens[kind]) && tokens[kind] >= 0, kind);
          const field = (name: string): number => Number(Reflect.get(raw as object, name) ?? 0);
          if (reader === openaiChatUsage) {
            const whole = Math.max(field('total_tokens'), field('prompt_tokens') + field('completion_tokens'));
            assert.equal(totalTokens(tokens), whole);
          }
          if (reader === openaiResponsesUsage) {
            assert.equal(totalTokens(tokens), field('input_tokens') + field('output_tokens'));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a cost that a provider reports', () => {
  it('is left out with its field and value where it is no amount', () => {
    const bad: readonly (readonly [object, RegExp])[] = [
      [{ cost: -0.1 }, /^usage\.cost is -0\.1, not an amount of money$/],
      [{ cost: '0.1' }, /^usage\.cost is "0\.1", /],
      [{ cost: Number.NaN }, /^usage\.cost is NaN, /],
      [{ cost: 1e300 }, /^usage\.cost is 1e\+300, /],
      [{ cost: 0, is_byok: true }, /^usage\.cost_details\.upstream_inference_cost is undefined, /],
      [{ cost: 0, is_byok: true, cost_details: { upstream_inference_cost: 'x' } }, /upstream_inference_cost is "x", /],
      [{ cost_in_usd_ticks: 1.5 }, /^usage\.cost_in_usd_ticks is 1\.5, /],
      [{ cost_in_usd_ticks: -1 }, /^usage\.cost_in_usd_ticks is -1, /],
    ];
    for (const [usage, reason] of bad) {
      const { reportedNusd, costError } = reportedCost(usage);
      assert.equal(reportedNusd, undefined);
      assert.match(costError ?? '', reason);
    }
  });
  it('is rounded half-up to the nano-dollar', () => {
    assert.equal(reportedCost({ cost: 0.0012345678 }).reportedNusd, 1_234_568);
    assert.equal(reportedCost({ cost_in_usd_ticks: 14 }).reportedNusd, 1);
    assert.equal(reportedCost({ cost_in_usd_ticks: 15 }).reportedNusd, 2);
    assert.deepEqual(
      [reportedCost({ cost: 0 }), reportedCost({ cost: null }), reportedCost({})],
      [{ reportedNusd: 0 }, {}, {}],
    );
  });
});

it('a tier that a provider names is one of ours, none, or one that we do not know', () => {
  const said = ['default', 'standard', 'on_demand', 'flex', 'batch', 'priority', 'fast', 'auto', '', null, 'scale', 7];
  assert.deepEqual(said.map(tierOf), [
    ...['standard', 'standard', 'standard', 'flex', 'batch', 'priority', 'priority'],
    ...[undefined, undefined, undefined, 'other', 'other'],
  ]);
});
