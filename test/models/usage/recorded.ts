import assert from 'node:assert/strict';
import { price } from '../../../src/core/budget/pricing.ts';
import type { Model } from '../../../src/core/ports.ts';
import { createPrices } from '../../../src/models/prices.ts';
import type { OwnPrice } from '../../../src/models/prices/own.ts';
import type { UsageReader } from '../../../src/models/usage/reader.ts';
import { tierOf } from '../../../src/models/usage/service-tier.ts';
import type { Pricing } from '../../../src/protocol/rows.ts';

/** Real requests of a public test suite, as kept in github.com/pydantic/genai-prices, tests/dataset/usages.json, at 47df840a. */
export const dataset = 'pydantic/genai-prices dataset';

/** Pages of rates (USD per million tokens) and the day they were read. */
export const pages = {
  claude: 'https://platform.claude.com/docs/en/about-claude/pricing, 2026-11-26',
  openai: 'https://developers.openai.com/api/docs/pricing, as kept by BerriAI/litellm at 86135fc6, 2026-07-24',
  openaiFast: 'https://openai.com/api-fast-mode/, 2026-11-26',
  openaiFlex: 'https://developers.openai.com/api/docs/guides/flex-processing, 2026-11-26: half of the standard price',
  gemini: 'https://ai.google.dev/gemini-api/docs/pricing, as kept by BerriAI/litellm at 86135fc6, 2026-07-24',
  deepseek: 'https://api-docs.deepseek.com/quick_start/pricing, 2026-11-15',
  xai: 'https://docs.x.ai/developers/pricing, 2026-11-26',
  reported: 'the provider’s own figure',
} as const;

/** A usage object as a provider sent it, and what it cost. */
export interface Recorded {
  readonly what: string;
  /** Where the usage object is from. */
  readonly from: string;
  readonly provider: string;
  readonly model: string;
  /** Default: Sunday 22 November 2026, 12:00 UTC. */
  readonly at?: number;
  readonly usage: unknown;
  /** `service_tier` beside the usage, as the answer has it. */
  readonly tier?: string;
  readonly own?: OwnPrice['prices'];
  /** Default: `priced`. */
  readonly pricing?: Pricing;
  /** The page of the rates. */
  readonly page: string;
  /** The arithmetic in nano-dollars: tokens × nano-dollars per token (1 USD per million tokens is 1,000). */
  readonly sum: string;
  readonly nusd: number;
}

/** Each object goes through our mapping and our prices; what comes out must be the figure that stands in the table. */
export function costs(reader: UsageReader, rows: readonly Recorded[]): void {
  for (const row of rows) {
    it(`${row.what} (${row.model}): ${row.sum}`, () => {
      const own =
        row.own === undefined ? [] : [{ id: 'own', provider: row.provider, model: row.model, prices: row.own }];
      const { tokens, error, reportedNusd, costError, serviceTier } = reader.read(row.usage);
      assert.equal(error, undefined);
      assert.equal(costError === undefined, !row.what.startsWith('malformed cost'), costError);
      assert.ok(tokens !== null);
      const priced = price(
        { provider: row.provider, model: row.model, free: false } as Model,
        { tokens, reportedNusd, tier: serviceTier ?? tierOf(row.tier) },
        createPrices({ own }),
        null,
        row.at ?? Date.UTC(2026, 10, 22, 12),
      );
      assert.deepEqual([priced.nusd, priced.pricing], [row.nusd, row.pricing ?? 'priced']);
    });
  }
}
