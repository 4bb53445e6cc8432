import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices';
import fc from 'fast-check';
import type { ServiceTier } from '../../src/catalogue/states.ts';
import { isHaiosError } from '../../src/core/errors.ts';
import type { AnsweredTier } from '../../src/core/ports.ts';
import { createPrices } from '../../src/models/prices.ts';
import { libraryVersion, providerIds, providerOfUrl } from '../../src/models/prices/library.ts';
import { corrections, tierPrices } from '../../src/models/prices/overlay.ts';
import type { OwnPrice } from '../../src/models/prices/own.ts';
import { inputTokens, noTokens, outputTokens, type Tokens } from '../../src/protocol/rows.ts';
import { field } from '../support/provider-conversation.ts';

const november = Date.UTC(2026, 10, 22, 12);
const tokens = (t: Partial<Tokens>): Tokens => ({ ...noTokens, ...t });

describe('prices', () => {
  const prices = createPrices();
  const nusd = (provider: string | null, model: string, t: Partial<Tokens>, at = november): number | undefined =>
    prices.quote({ provider, model }, tokens(t), at)?.nusd;

  it('are whole nano-dollars', () => {
    assert.equal(
      nusd('openai', 'gpt-5-mini', { input: 1000, cache_read: 2000, output: 300, reasoning: 200 }),
      1_300_000,
    );
    assert.equal(nusd('openai', 'gpt-4o', { input: 7, cache_read: 3, output: 1 }), 31_250);
    assert.equal(nusd('openai', 'gpt-oss-120b', { input: 1, output: 1 }), 219);
    assert.equal(
      nusd('anthropic', 'claude-haiku-4-5', {
        input: 1234,
        cache_read: 567,
        cache_write: 89,
        cache_write_1h: 0,
        output: 321,
      }),
      3_006_950,
    );
    assert.equal(nusd('anthropic', 'claude-opus-4-1', { input: 10, output: 10 }), 900_000);
    assert.equal(nusd('google', 'gemini-2.5-pro', { input: 1000, output: 100 }), 2_250_000);
    assert.equal(nusd('x-ai', 'grok-4', { input: 1000, cache_read: 1000, output: 100 }), 5_250_000);
    assert.equal(nusd('openai', 'gpt-5-mini', {}), 0);
  });

  it('change at long contexts, cached tokens counted in', () => {
    assert.equal(nusd('openai', 'gpt-5.4', { input: 271_999 }), 679_997_500);
    assert.equal(nusd('openai', 'gpt-5.4', { input: 300_000, output: 1000 }), 1_522_500_000);
    assert.equal(nusd('anthropic', 'claude-sonnet-4-5', { input: 200_000 }), 600_000_000);
    assert.equal(nusd('anthropic', 'claude-sonnet-4-5', { input: 100_001, cache_read: 100_000 }), 660_006_000);
  });

  it('change with time', () => {
    assert.equal(nusd('openai', 'o3', { input: 1000 }, Date.UTC(2025, 5, 1)), 10_000_000);
    assert.equal(nusd('openai', 'o3', { input: 1000 }, Date.UTC(2025, 6, 1)), 2_000_000);
  });

  it('come with a line per bucket in use, and the source', () => {
    const quote = prices.quote(
      { provider: 'openai', model: 'gpt-5-mini' },
      tokens({ input: 4, cache_read: 8, reasoning: 2 }),
      november,
    );
    assert.deepEqual(quote, {
      nusd: 5200,
      lines: [
        { bucket: 'input', tokens: 4, usdPerMillion: 0.25, nusd: 1000 },
        { bucket: 'cache_read', tokens: 8, usdPerMillion: 0.025, nusd: 200 },
        { bucket: 'reasoning', tokens: 2, usdPerMillion: 2, nusd: 4000 },
      ],
      source: 'genai-prices 0.1.8 (2026-11-22)',
    });
    const manifest = readFileSync(new URL('../package.json', import.meta.resolve('@pydantic/genai-prices')), 'utf8');
    assert.equal(field(JSON.parse(manifest), 'version'), libraryVersion);
  });

  it('are known for exact ids, declared aliases and dated snapshots only', () => {
    const one = { input: 1_000_000 };
    assert.equal(nusd('anthropic', 'claude-haiku-4-5-20251001', one), 1_000_000_000);
    assert.equal(nusd('openai', 'gpt-5-mini-2025-08-07', one), 250_000_000);
    assert.equal(nusd('openai', 'GPT-5-mini', one), 250_000_000);
    for (const model of ['claude-sonnet-4-5-foo', 'claude-haiku-4-5-2025', 'claude-haiku-4-5x', 'claude']) {
      assert.equal(nusd('anthropic', model, one), undefined, model);
    }
    for (const model of ['gpt-5-mini-foo', 'gpt-5-nano-foo', 'gpt-99', '', 'constructor', 'text-moderation-latest']) {
      assert.equal(nusd('openai', model, one), undefined, model);
    }
    for (const provider of ['openai-compatible', 'haios.offline', '', '__proto__', 'open']) {
      assert.equal(nusd(provider, 'gpt-5-mini', one), undefined, provider);
    }
  });

  it('of an id alone: its maker’s, else the only ones, else none', () => {
    const one = { input: 1_000_000 };
    assert.equal(nusd(null, 'gpt-5-mini', one), 250_000_000);
    assert.equal(nusd(null, 'claude-haiku-4-5', one), 1_000_000_000);
    assert.equal(nusd(null, 'openai/gpt-5-mini', one), 250_000_000);
    assert.equal(nusd(null, 'anthropic/claude-haiku-4-5', one), 1_000_000_000);
    assert.equal(nusd(null, 'gpt-oss-120b', one), undefined, 'sold by many at different prices');
    assert.equal(nusd(null, 'openai/gpt-5-mini-foo', one), undefined);
    assert.equal(nusd(null, 'offline', one), undefined);
    assert.equal(nusd(null, 'local', one), undefined);
  });

  it('without an output rate leave output unpriced; with a price per request, all', () => {
    assert.equal(nusd('openai', 'text-embedding-3-small', { input: 1000 }), 20_000);
    assert.equal(nusd('openai', 'text-embedding-3-small', { input: 1000, output: 1 }), undefined);
    assert.equal(nusd('perplexity', 'sonar', { input: 1000 }), undefined);
  });

  it('equal the library’s own figure for every model it has', async () => {
    const shapes = [
      { input: 1234, cache_read: 567, cache_write: 0, cache_write_1h: 0, output: 89, reasoning: 11 },
      { input: 300_000, cache_read: 12_345, cache_write: 777, cache_write_1h: 0, output: 8900, reasoning: 1100 },
    ];
    let compared = 0;
    const providers = await waitForUpdate();
    assert.deepEqual(
      providers?.map((p) => p.id),
      providerIds,
    );
    for (const { id: providerId, models } of providers ?? []) {
      for (const { id } of models) {
        for (const t of shapes) {
          const quote = prices.quote({ provider: providerId, model: id }, t, november);
          if (quote?.source.startsWith('genai-prices') !== true) continue;
          const usage = {
            input_tokens: t.input + t.cache_read + t.cache_write,
            cache_read_tokens: t.cache_read,
            cache_write_tokens: t.cache_write,
            output_tokens: t.output + t.reasoning,
            output_reasoning_tokens: t.reasoning,
          };
          const theirs = calcPrice(usage, id, { providerId, timestamp: new Date(november) })?.total_price ?? Number.NaN;
          assert.ok(Math.abs(theirs * 1e9 - quote.nusd) < 1, `${providerId} ${id}: ${theirs} ${quote.nusd}`);
          assert.equal(
            quote.lines.reduce((sum, line) => sum + line.nusd, 0),
            quote.nusd,
          );
          const bound = prices.bound(
            { provider: providerId, model: id },
            usage.input_tokens,
            usage.output_tokens,
            november,
          );
          assert.ok(bound !== null && bound >= quote.nusd, `${providerId} ${id}: bound ${bound} < ${quote.nusd}`);
          compared += 1;
        }
      }
    }
    assert.ok(compared > 2000);
  });

  it('refuse counts that are none', () => {
    for (const input of [-1, 1.5, Number.NaN]) {
      assert.throws(
        () => nusd('openai', 'gpt-5-mini', { input }),
        (error) => isHaiosError(error, 'INTERNAL'),
      );
    }
  });

  describe('bound', () => {
    const bound = (
      provider: string | null,
      model: string,
      input: number,
      output: number,
      at = november,
      tier: ServiceTier | undefined = 'standard',
    ): number | null => prices.bound({ provider, model, ...(tier === undefined ? {} : { tier }) }, input, output, at);

    it('takes the dearest input rate, five-minute cache writes included, and no write that we never ask for', () => {
      assert.equal(bound('anthropic', 'claude-haiku-4-5', 1000, 100), 1_750_000);
      assert.equal(bound('openai', 'gpt-5-mini', 1000, 100), 450_000);
    });
    it('takes the long-context rate as soon as the bound reaches it', () => {
      assert.equal(bound('openai', 'gpt-5.4', 271_999, 10), 679_997_500 + 150_000);
      assert.equal(bound('openai', 'gpt-5.4', 272_000, 10), 1_360_000_000 + 225_000);
    });
    it('takes the dearest tier that may be served in place of the one asked for', () => {
      const gpt5 = (tier?: ServiceTier): number | null =>
        prices.bound({ provider: 'openai', model: 'gpt-5', ...(tier && { tier }) }, 1000, 100, november);
      // 1.25 and 10 USD per million; priority twice that; flex half of it, if it is served.
      assert.deepEqual([gpt5('standard'), gpt5('flex')], [2_250_000, 2_250_000]);
      assert.deepEqual([gpt5('priority'), gpt5()], [4_500_000, 4_500_000]);
      assert.equal(gpt5('batch'), 1_125_000);
      assert.equal(bound('anthropic', 'claude-haiku-4-5', 1000, 100, november, 'priority'), null);
    });
    it('of a long request takes the priority rate too: it may come out shorter than its bound', () => {
      // gpt-5.4: 5 and 22.5 at long contexts; priority, known for short ones only, 5 and 30.
      const long = prices.bound({ provider: 'openai', model: 'gpt-5.4' }, 300_000, 10, november);
      assert.equal(long, 1_500_000_000 + 300_000);
    });
    it('takes the dearest rate of the day to come', () => {
      assert.equal(bound('openai', 'o3', 1000, 0, Date.UTC(2025, 5, 9, 12)), 10_000_000);
      // DeepSeek has peak hours; in whichever hour a call begins, it may end in another.
      assert.equal(bound('deepseek', 'deepseek-flash', 1000, 1000, Date.UTC(2026, 10, 22, 22)), 300_000 + 1_200_000);
      assert.equal(bound('deepseek', 'deepseek-flash', 1000, 1000, Date.UTC(2026, 10, 23, 2)), 300_000 + 1_200_000);
      // A price that begins tomorrow: 0.2 to read from the cache is less than 2 for other input, and so is 0.1.
      assert.equal(bound('google', 'gemini-3.8-flash', 1000, 0, Date.UTC(2026, 11, 31, 12)), 1_500_000);
    });
    it('is unknown for what is unpriced', () => {
      assert.equal(bound('openai', 'gpt-99', 1000, 100), null);
      assert.equal(bound('openai', 'text-embedding-3-small', 1000, 100), null);
      assert.equal(bound('perplexity', 'sonar', 1000, 100), null);
    });
    it('is never less than a quote of as many tokens, at any tier that may be served', () => {
      const ids = [
        'gpt-5',
        'gpt-5.4',
        'gpt-5.6-sol',
        'gpt-6.1-sol',
        'claude-haiku-5-5',
        'claude-sonnet-4-5',
        'grok-4.7',
      ];
      fc.assert(
        fc.property(
          fc.constantFrom(...ids),
          fc.constantFrom<ServiceTier | undefined>(undefined, 'standard', 'flex', 'priority'),
          fc.constantFrom<ServiceTier>('standard', 'flex', 'priority'),
          fc.tuple(fc.nat(400_000), fc.nat(400_000), fc.nat(200_000), fc.nat(50_000), fc.nat(50_000)),
          fc.nat(100_000),
          fc.integer({ min: 0, max: 24 }),
          (model, asked, served, [input, cache_read, cache_write, output, reasoning], spare, hours) => {
            // The standard tier stands in for any; flex and priority are served only to who may get them.
            if (served === 'flex' && asked !== 'flex') return;
            if (served === 'priority' && asked !== 'priority' && asked !== undefined) return;
            const provider = model.startsWith('gpt') ? 'openai' : model.startsWith('claude') ? 'anthropic' : 'x-ai';
            const used = tokens({ input, cache_read, cache_write, output, reasoning });
            const quote = prices.quote({ provider, model, tier: served }, used, november + hours * 3_600_000);
            const limit = prices.bound(
              { provider, model, ...(asked === undefined ? {} : { tier: asked }) },
              inputTokens(used) + spare,
              outputTokens(used),
              november,
            );
            if (quote !== null && limit !== null) assert.ok(limit >= quote.nusd, `${limit} < ${quote.nusd}`);
          },
        ),
        { numRuns: 500 },
      );
    });
  });

  describe('of a tier', () => {
    const at = (tier: AnsweredTier, model: string, t: Partial<Tokens>, provider = 'openai'): number | undefined =>
      prices.quote({ provider, model, tier }, tokens(t), november)?.nusd;

    it('are their own, never the standard ones', () => {
      const used = { input: 1000, cache_read: 1000, output: 1000 };
      // 0.25, 0.025 and 2; priority 0.45, 0.045 and 3.6; flex half.
      assert.equal(at('standard', 'gpt-5-mini', used), 2_275_000);
      assert.equal(at('priority', 'gpt-5-mini', used), 4_095_000);
      assert.equal(at('flex', 'gpt-5-mini', used), 1_137_500);
      assert.equal(
        at('batch', 'claude-haiku-4-5', { input: 1000, cache_write_1h: 1000, output: 1000 }, 'anthropic'),
        4_000_000,
      );
    });
    it('are unknown where no list names them', () => {
      assert.equal(at('priority', 'gpt-5-nano', { input: 1000 }), undefined);
      assert.equal(at('flex', 'gpt-4o', { input: 1000 }), undefined);
      assert.equal(at('priority', 'claude-haiku-4-5', { input: 1000 }, 'anthropic'), undefined);
      assert.equal(at('priority', 'gpt-5.4', { input: 300_000 }), undefined, 'no price for long contexts');
      assert.equal(at('other', 'gpt-5', { input: 1000 }), undefined);
    });
  });

  describe('of the corrections', () => {
    it('stand before the library, each from its day on, with its source', () => {
      const read = { cache_read: 1_000_000 };
      assert.equal(nusd('anthropic', 'claude-sonnet-5-5', read, Date.UTC(2026, 9, 6)), 200_000_000);
      assert.equal(nusd('anthropic', 'claude-sonnet-5-5', read, Date.UTC(2026, 9, 7)), 100_000_000);
      assert.equal(nusd('anthropic', 'claude-sonnet-5-5', read, Date.UTC(2026, 8, 1)), undefined, 'not sold yet');
      assert.equal(nusd('anthropic', 'claude-haiku-5-5-20261007', { input: 100_000 }), 10_000_000);
      assert.equal(nusd('anthropic', 'claude-haiku-5-5', { input: 100_001 }), 50_000_500);
      assert.equal(nusd('anthropic', 'claude-haiku-5-5-foo', { input: 1 }), undefined);
      assert.match(
        prices.quote({ provider: 'x-ai', model: 'grok-4.7' }, tokens({ input: 1 }), november)?.source ?? '',
        /^https:\/\/docs\.x\.ai\/developers\/pricing, read 2026-11-26$/,
      );
    });
    it('replace stale list prices, and take back what is no longer sold', () => {
      const one = { input: 1_000_000, output: 1_000_000 };
      assert.equal(nusd('deepseek', 'deepseek-chat', one, Date.UTC(2025, 9, 1)), 700_000_000);
      assert.equal(nusd('deepseek', 'deepseek-chat', one), undefined);
      assert.equal(nusd('x-ai', 'grok-4.20-multi-agent', one), 7_500_000_000, '2.5 and 5 at long contexts');
    });
    it('know working hours from weekends', () => {
      const one = { input: 1_000_000 };
      assert.equal(nusd('deepseek', 'deepseek-flash', one, Date.UTC(2026, 10, 23, 1)), 300_000_000, 'Monday 01:00');
      assert.equal(nusd('deepseek', 'deepseek-flash', one, Date.UTC(2026, 10, 23, 4)), 150_000_000, 'Monday 04:00');
      assert.equal(nusd('deepseek', 'deepseek-flash', one, Date.UTC(2026, 10, 22, 2)), 150_000_000, 'Sunday 02:00');
    });
    it('each name a page, a day on which it was read, and a day from which they hold', () => {
      for (const row of [...corrections, ...tierPrices]) {
        assert.match(row.source, /^https:\/\//);
        assert.match(row.read, /^20\d\d-\d\d-\d\d$/);
        assert.ok(Date.parse(row.from) <= november, row.from);
      }
    });
  });

  it('trap: 1-hour cache writes priced as 5-minute ones', () => {
    const hour = { cache_write_1h: 1_000_000 };
    // Twice the input: 1 and 5 USD per million; five-minute writes are at 1.25 and 6.25.
    assert.equal(nusd('anthropic', 'claude-haiku-4-5', hour), 2_000_000_000);
    assert.equal(nusd('anthropic', 'claude-opus-4-5', hour), 10_000_000_000);
    assert.equal(nusd('google', 'claude-sonnet-4-6', hour), 6_000_000_000, 'the library has no price of it there');
    assert.equal(nusd('openai', 'gpt-5.6-sol', hour), undefined, 'no price is known');
    const own = createPrices({
      own: [{ id: 'x', provider: 'anthropic', model: 'm', prices: { input: 1, output: 2, cache_write: 1.25 } }],
    });
    assert.equal(own.quote({ provider: 'anthropic', model: 'm' }, tokens(hour), november), null);
  });

  it('trap: unknown or aliased model priced as another by prefix match', () => {
    const one = { input: 1_000_000 };
    const strange = [
      ['openai', 'gpt-5-mini-turbo'],
      ['openai', 'gpt-5.6-mini'],
      ['openai', 'gpt-5.4-latest'],
      ['openai', 'openai/gpt-5-mini-turbo'],
      ['openai', 'anthropic/claude-haiku-4-5'],
      ['anthropic', 'claude-sonnet-4-5-foo'],
      ['anthropic', 'claude-haiku-5-5-2026100'],
      ['anthropic', 'claude-sonnet-5-50'],
      ['x-ai', 'grok-4.7-fast'],
      ['deepseek', 'deepseek-flash-lite'],
      ['google', 'models/gemini-2.5-pro-foo'],
    ] as const;
    for (const [provider, model] of strange) {
      for (const tier of ['standard', 'flex', 'priority', 'batch'] as const) {
        assert.equal(prices.quote({ provider, model, tier }, tokens(one), november), null, `${model} ${tier}`);
        assert.equal(prices.bound({ provider, model, tier }, 1, 1, november), null, `${model} ${tier}`);
      }
    }
  });

  it('are known for ids that carry their own provider’s name', () => {
    const one = { input: 1_000_000 };
    assert.equal(nusd('openai', 'openai/gpt-5-mini', one), 250_000_000);
    assert.equal(nusd('anthropic', 'anthropic/claude-haiku-4-5', one), 1_000_000_000);
    assert.equal(nusd('google', 'models/gemini-2.5-flash', one), 300_000_000);
    const flex = prices.quote({ provider: 'openai', model: 'openai/gpt-5-mini', tier: 'flex' }, tokens(one), november);
    assert.equal(flex?.nusd, 125_000_000);
  });

  describe('of one’s own', () => {
    const local: OwnPrice = {
      id: 'local',
      provider: 'openai-compatible',
      model: 'qwen3',
      prices: { input: 0.0005, output: 0.0005 },
    };
    const own = createPrices({ own: [local] });
    const quote = (t: Partial<Tokens>): unknown =>
      own.quote({ provider: 'openai-compatible', model: 'qwen3' }, tokens(t), november);

    it('are rounded half-up once per call, the lines’ shares by largest remainder', () => {
      const line = (bucket: string, n: number, share: number): object => ({
        bucket,
        tokens: n,
        usdPerMillion: 0.0005,
        nusd: share,
      });
      assert.deepEqual(quote({ input: 1 }), { nusd: 1, lines: [line('input', 1, 1)], source: 'models.local.prices' });
      assert.deepEqual(quote({ input: 1, output: 1 }), {
        nusd: 1,
        lines: [line('input', 1, 1), line('output', 1, 0)],
        source: 'models.local.prices',
      });
      assert.deepEqual(field(quote({ input: 2, cache_read: 1 }), 'nusd'), 2);
    });

    it('are found by the configured id alone', () => {
      assert.equal(
        own.quote({ provider: null, model: 'local' }, tokens({ input: 2_000_000 }), november)?.nusd,
        1_000_000,
      );
      assert.equal(own.bound({ provider: 'openai-compatible', model: 'qwen3' }, 1000, 1000, november), 1000);
    });

    it('may be a discount off the list price', () => {
      const less = createPrices({
        own: [{ id: 'mini', provider: 'openai', model: 'gpt-5-mini', prices: { discount: 0.15 } }],
      });
      const quote = less.quote({ provider: 'openai', model: 'gpt-5-mini' }, tokens({ input: 3, output: 1 }), november);
      // 0.25 and 2 less 15 %: 3 × 212.5 + 1 × 1700 nano-dollars, rounded half-up.
      assert.equal(quote?.nusd, 2338);
      assert.deepEqual(
        quote.lines.map((l) => l.usdPerMillion),
        [0.2125, 1.7],
      );
      assert.match(quote.source, /^genai-prices .*, less models\.mini\.prices\.discount 0\.15$/);
      assert.equal(less.bound({ provider: 'openai', model: 'gpt-5-mini', tier: 'standard' }, 4, 0, november), 850);
      const unknown = createPrices({
        own: [{ id: 'x', provider: 'openai', model: 'gpt-99', prices: { discount: 1 } }],
      });
      assert.equal(unknown.quote({ provider: 'openai', model: 'gpt-99' }, tokens({ input: 1 }), november), null);
    });

    it('that contradict each other are refused', () => {
      const other = { ...local, id: 'other', prices: { input: 1, output: 1 } };
      assert.throws(
        () => createPrices({ own: [local, other] }),
        (error) => isHaiosError(error, 'CONFIG_INVALID') && /"local" and "other"/.test(error.message),
      );
      assert.doesNotThrow(() => createPrices({ own: [local, { ...local, id: 'other' }] }));
    });
  });

  it('know whose API an address is, by its whole host', () => {
    assert.equal(providerOfUrl('https://api.openai.com/v1'), 'openai');
    assert.equal(providerOfUrl('https://openrouter.ai/api/v1'), 'openrouter');
    assert.equal(providerOfUrl('https://api.openai.com.example.org/v1'), null);
    assert.equal(providerOfUrl('http://127.0.0.1:11434/v1'), null);
  });
});
