import { findProvider } from '@pydantic/genai-prices';
import { tokenKinds, type ServiceTier } from '../catalogue/states.ts';
import { HaiosError } from '../core/errors.ts';
import type { AnsweredTier, PricedModel, PriceQuote, Prices } from '../core/ports.ts';
import { inputTokens, type RateLine, type Tokens } from '../protocol/rows.ts';
import { ratesUpTo, timesCard, type RateCard } from './prices/card.ts';
import { chargeOf, type Rates } from './prices/charge.ts';
import { listCard } from './prices/corrected.ts';
import { providerIds } from './prices/library.ts';
import { findOwn, ownCard, refuseConflicts, type OwnPrice } from './prices/own.ts';
import { remembered } from './prices/remembered.ts';

/**
 * Prices that a person gave, which win; then our dated corrections; then the bundled library. Only exact ids, the aliases
 * that the library declares, and dated snapshots of them (`claude-haiku-4-5-20251001`) are priced; all else is null.
 * Throws CONFIG_INVALID when two own prices for one provider and model differ.
 */
export function createPrices(options: { own?: readonly OwnPrice[] } = {}): Prices {
  const own = options.own ?? [];
  refuseConflicts(own);
  const find = remembered((model, tier, at): RateCard | null => {
    const match = findOwn(own, model);
    const given = match === null ? null : ownCard(match);
    if (given !== null) return given;
    const listed = tier === 'other' ? null : fromLists(model, tier, at);
    const discount = match?.prices.discount;
    if (listed === null || match === null || discount === undefined) return listed;
    return timesCard(listed, 1 - discount, `${listed.source}, less models.${match.id}.prices.discount ${discount}`);
  });
  return {
    quote(model, tokens, at) {
      const card = find(model, model.tier ?? 'standard', at);
      return card === null ? null : quote(card, tokens);
    },
    /**
     * No call of at most so many tokens can cost more, because each token has one rate, that rate is one of those looked
     * at, and the dearest of its side is taken: input, cache reads and writes (those for an hour only if a request could
     * ask for them, and none of ours can); the rates of every context length up to the bound, for a call may be shorter;
     * every tier that may be served in place of the one asked for; what holds at other hours or from tomorrow, for a call may
     * end in another hour than it began in. Rounding once, half-up, never turns a smaller sum into a larger one.
     */
    bound(model, input, output, at) {
      const asked = find(model, model.tier ?? 'standard', at);
      if (asked === null) return null;
      // Another tier without a known price is one that the provider does not offer for the model.
      const others = besides(model.tier).flatMap((tier) => find(model, tier, at) ?? []);
      const rates = [asked, ...others].flatMap((card) => ratesUpTo(card, input));
      if (rates.length === 0) return null;
      if (output > 0 && rates.some((r) => r.output === undefined)) return null;
      const dearest = (pick: (r: Rates) => readonly (number | undefined)[]): number =>
        Math.max(0, ...rates.flatMap(pick).map((rate) => rate ?? 0));
      const none = { cache_read: 0, cache_write: 0, cache_write_1h: 0, reasoning: 0 };
      const dear = {
        input: dearest((r) => [r.input, r.cache_read, r.cache_write]),
        output: dearest((r) => [r.output, r.reasoning]),
      };
      return chargeOf({ ...none, input, output }, { ...none, ...dear }).nusd;
    },
  };
}

/** Tiers that may be served in place of the one asked for. Nobody serves a batch unasked. */
function besides(asked: AnsweredTier | undefined): readonly ServiceTier[] {
  switch (asked) {
    case undefined:
      return ['priority'];
    case 'flex':
    case 'priority':
      return ['standard'];
    case 'standard':
    case 'batch':
    case 'other':
      return [];
  }
}

function quote(card: RateCard, tokens: Tokens): PriceQuote | null {
  for (const kind of tokenKinds) {
    if (!Number.isSafeInteger(tokens[kind]) || tokens[kind] < 0) {
      throw new HaiosError(
        'INTERNAL',
        `Tokens to be priced must be whole and not negative; ${kind} is ${tokens[kind]}.`,
      );
    }
  }
  const rates = card.rates(inputTokens(tokens));
  if (rates === null || tokenKinds.some((kind) => tokens[kind] > 0 && rates[kind] === undefined)) return null;
  const charge = chargeOf(tokens, rates);
  const lines: RateLine[] = tokenKinds
    .filter((kind) => tokens[kind] > 0)
    .map((bucket) => ({
      bucket,
      tokens: tokens[bucket],
      usdPerMillion: rates[bucket] ?? 0,
      nusd: charge.parts[bucket],
    }));
  return { nusd: charge.nusd, lines, source: card.source };
}

/**
 * `provider/model`, or an id that decides by itself: the one its own maker lists, else the only one, else null (many
 * hosts sell open models under one name at different prices).
 */
function fromLists({ provider, model }: PricedModel, tier: ServiceTier, at: number): RateCard | null {
  if (provider !== null) return listCard(provider, model, tier, at);
  const slash = model.indexOf('/');
  if (slash > 0) {
    const named = listCard(model.slice(0, slash), model.slice(slash + 1), tier, at);
    if (named !== null) return named;
  }
  // OpenAI lists its open models too, but does not sell them.
  const maker = /^gpt-oss/i.test(model) ? undefined : findProvider({ modelId: model.toLowerCase() })?.id;
  const made = maker === undefined ? null : listCard(maker, model, tier, at);
  if (made !== null) return made;
  const cards = providerIds.flatMap((id) => listCard(id, model, tier, at) ?? []);
  const different = new Set(cards.map((card) => JSON.stringify(ratesUpTo(card, Number.MAX_SAFE_INTEGER))));
  return different.size === 1 ? (cards[0] ?? null) : null;
}
