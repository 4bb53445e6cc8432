import type { Pricing, RateLine, Tokens } from '../../protocol/rows.ts';
import type { Model, Prices } from '../ports.ts';

export interface Priced {
  readonly nusd: number;
  readonly pricing: Pricing;
  readonly lines: readonly RateLine[];
  readonly source: string | null;
}

/** What a call's tokens cost: reported by the provider, free, as another model, by the price list, or unpriced (0, and said so). */
export function price(
  model: Model,
  tokens: Tokens,
  reportedNusd: number | null,
  prices: Prices,
  priceAs: string | null,
  at: number,
): Priced {
  if (reportedNusd !== null)
    return { nusd: reportedNusd, pricing: 'reported', lines: [], source: `reported by ${model.provider}` };
  if (model.free && priceAs === null) return { nusd: 0, pricing: 'free', lines: [], source: null };
  const subject = model.free
    ? { provider: null, model: priceAs ?? '' }
    : { provider: model.provider, model: model.model };
  const quote = prices.quote(subject, tokens, at);
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
  const subject = model.free
    ? { provider: null, model: priceAs ?? '' }
    : { provider: model.provider, model: model.model };
  return prices.bound(subject, inputTokens, outputTokens, at);
}
