import type { Pricing, RateLine, Tokens } from '../../protocol/rows.ts';
import type { AnsweredTier, Model, PricedModel, Prices } from '../ports.ts';

export interface Priced {
  readonly nusd: number;
  readonly pricing: Pricing;
  readonly lines: readonly RateLine[];
  readonly source: string | null;
}

/** What is told of a call that is to be priced. */
export interface Served {
  readonly tokens: Tokens;
  /** The cost the provider reports, nano-dollars. */
  readonly reportedNusd?: number | undefined;
  /** The tier the provider says it served the call at. */
  readonly tier?: AnsweredTier | undefined;
}

/** What a call's tokens cost: reported by the provider, free, as another model, by the price list, or unpriced (0, and said so). */
export function price(
  model: Model,
  { tokens, reportedNusd, tier }: Served,
  prices: Prices,
  priceAs: string | null,
  at: number,
): Priced {
  if (reportedNusd !== undefined)
    return { nusd: reportedNusd, pricing: 'reported', lines: [], source: `reported by ${model.provider}` };
  if (model.free && priceAs === null) return { nusd: 0, pricing: 'free', lines: [], source: null };
  // A provider that says nothing may not have heeded a wish for less.
  const served = tier ?? (model.serviceTier === 'priority' ? 'priority' : 'standard');
  const quote = prices.quote(subject(model, priceAs, served), tokens, at);
  if (quote === null) return { nusd: 0, pricing: 'unpriced', lines: [], source: null };
  return { nusd: quote.nusd, pricing: model.free ? 'as' : 'priced', lines: quote.lines, source: quote.source };
}

/** The most a call can cost, nano-dollars. Null: no price is known. */
export function bound(
  model: Model,
  inputTokens: number,
  outputTokens: number,
  prices: Prices,
  priceAs: string | null,
  at: number,
): number | null {
  if (model.free && priceAs === null) return 0;
  return prices.bound(subject(model, priceAs, model.serviceTier), inputTokens, outputTokens, at);
}

function subject(model: Model, priceAs: string | null, tier: AnsweredTier | undefined): PricedModel {
  if (model.free) return { provider: null, model: priceAs ?? '', tier: 'standard' };
  return { provider: model.provider, model: model.model, ...(tier === undefined ? {} : { tier }) };
}
