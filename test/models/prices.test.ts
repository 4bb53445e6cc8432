import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices';
import { isHaiosError } from '../../src/core/errors.ts';
import { createPrices, type OwnPrice } from '../../src/models/prices.ts';
import { libraryVersion, providerIds, providerOfUrl } from '../../src/models/prices/library.ts';
import { noTokens, type Tokens } from '../../src/protocol/rows.ts';
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
          if (quote === null) continue;
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
    ): number | null => prices.bound({ provider, model }, input, output, at);

    it('takes the dearest input rate, cache writes included', () => {
      assert.equal(bound('anthropic', 'claude-haiku-4-5', 1000, 100), 1_750_000);
      assert.equal(bound('openai', 'gpt-5-mini', 1000, 100), 450_000);
    });
    it('takes the long-context rate as soon as the bound reaches it', () => {
      assert.equal(bound('openai', 'gpt-5.4', 271_999, 10), 679_997_500 + 150_000);
      assert.equal(bound('openai', 'gpt-5.4', 272_000, 10), 1_360_000_000 + 225_000);
    });
    it('takes the dearest rate of the day to come', () => {
      assert.equal(bound('openai', 'o3', 1000, 0, Date.UTC(2025, 5, 9, 12)), 10_000_000);
    });
    it('is unknown for what is unpriced', () => {
      assert.equal(bound('openai', 'gpt-99', 1000, 100), null);
      assert.equal(bound('openai', 'text-embedding-3-small', 1000, 100), null);
      assert.equal(bound('perplexity', 'sonar', 1000, 100), null);
    });
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
