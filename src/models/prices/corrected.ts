import type { ServiceTier } from '../../catalogue/states.ts';
import { timesCard, type RateCard } from './card.ts';
import type { Rates } from './charge.ts';
import { libraryCard } from './library.ts';
import { corrections, tierPrices, type Correction, type ListRates, type TierPrice } from './overlay.ts';

/**
 * What a provider's list says of exactly that id, at a tier and a moment (ms since the epoch): our corrections first, then
 * the library. An id may carry its own provider's name (`openai/gpt-5-mini`, `models/gemini-2.5-pro`). Null: not known.
 */
export function listCard(provider: string, model: string, tier: ServiceTier, at: number): RateCard | null {
  const standard = standardCard(provider, model, at) ?? standardCard(provider, ownName(provider, model), at);
  if (standard === null || tier === 'standard') return standard;
  const price = newest(
    tierPrices.filter((row) => row.tier === tier && isOf(row, provider, ownName(provider, model))),
    at,
  );
  return price === null ? null : tierCard(standard, price);
}

function standardCard(provider: string, model: string, at: number): RateCard | null {
  const correction = newest(
    corrections.filter((row) => isOf(row, provider, model)),
    at,
  );
  if (correction === null) return libraryCard(provider, model, at);
  return correction.rates === null ? null : correctionCard(correction, correction.rates, at);
}

function correctionCard(correction: Correction, rates: ListRates, at: number): RateCard {
  const { above, peak } = correction;
  const now = peak !== undefined && isPeak(peak.hours, at) ? peak.rates : rates;
  return {
    rates: (inputTokens) => whole(above !== undefined && inputTokens > above.inputTokens ? above.rates : now),
    steps: above === undefined ? [] : [above.inputTokens],
    source: `${correction.source}, read ${correction.read}`,
    dated: true,
  };
}

function tierCard(standard: RateCard, price: TierPrice): RateCard {
  const { timesStandard, tier, upTo = Number.POSITIVE_INFINITY } = price;
  const source = `${tier}: ${timesStandard} × ${standard.source}; ${price.source}, read ${price.read}`;
  const card = timesCard(standard, timesStandard, source);
  return { ...card, rates: (inputTokens) => (inputTokens > upTo ? null : card.rates(inputTokens)) };
}

function whole({ input, output, cache_read, cache_write, cache_write_1h }: ListRates): Rates {
  return {
    input,
    cache_read: cache_read ?? input,
    cache_write: cache_write ?? input,
    cache_write_1h,
    output,
    reasoning: output,
  };
}

function isPeak(hours: readonly (readonly [number, number])[], at: number): boolean {
  const date = new Date(at);
  const [day, hour] = [date.getUTCDay(), date.getUTCHours()];
  return day >= 1 && day <= 5 && hours.some(([from, to]) => hour >= from && hour < to);
}

/** The id itself or a dated snapshot of it, never what only begins like it. */
function isOf(row: { provider: string; models: readonly string[] | 'all' }, provider: string, model: string): boolean {
  if (row.provider !== provider) return false;
  if (row.models === 'all') return true;
  const id = model.toLowerCase();
  return row.models.some((m) => id.startsWith(m) && /^(-20\d{6}|-20\d\d-\d\d-\d\d)?$/.test(id.slice(m.length)));
}

function newest<T extends { readonly from: string }>(rows: readonly T[], at: number): T | null {
  const begun = rows.filter((row) => Date.parse(row.from) <= at);
  return begun.sort((a, b) => Date.parse(b.from) - Date.parse(a.from))[0] ?? null;
}

function ownName(provider: string, model: string): string {
  const prefix = provider === 'google' ? 'models/' : `${provider}/`;
  return model.startsWith(prefix) ? model.slice(prefix.length) : model;
}
