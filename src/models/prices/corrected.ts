import type { ServiceTier } from '../../catalogue/states.ts';
import { timesCard, type RateCard, type RatesFor } from './card.ts';
import type { Rates } from './charge.ts';
import { libraryCard } from './library.ts';
import { corrections, tierPrices, type Correction, type ListRates, type TierPrice } from './overlay.ts';

const dayMs = 86_400_000;

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
  const rows = corrections.filter((row) => isOf(row, provider, model));
  const [now, next] = [newest(rows, at), newest(rows, at + dayMs)];
  const soon = next === now || next === null ? [] : [...byHour(next)];
  if (now === null) {
    const card = libraryCard(provider, model, at);
    return card === null ? null : { ...card, soon: [...card.soon, ...soon], steps: [...card.steps, ...stepsOf(next)] };
  }
  const [rates, peak] = byHour(now);
  if (rates === undefined) return null;
  return {
    rates: peak !== undefined && isPeak(now.peak?.hours ?? [], at) ? peak : rates,
    soon: [...(peak === undefined ? [] : [rates, peak]), ...soon],
    steps: [...stepsOf(now), ...stepsOf(next)],
    source: `${now.source}, read ${now.read}`,
  };
}

/** The rates of ordinary hours and, if there are others, of peak hours. None for what is no longer sold. */
function byHour({ rates, above, peak }: Correction): readonly RatesFor[] {
  if (rates === null) return [];
  return [rates, ...(peak === undefined ? [] : [peak.rates])].map(
    (hour) => (inputTokens) => whole(above !== undefined && inputTokens > above.inputTokens ? above.rates : hour),
  );
}

function stepsOf(correction: Correction | null): readonly number[] {
  return correction?.above === undefined ? [] : [correction.above.inputTokens];
}

function tierCard(standard: RateCard, price: TierPrice): RateCard {
  const { timesStandard, tier, upTo = Number.POSITIVE_INFINITY } = price;
  const source = `${tier}: ${timesStandard} × ${standard.source}; ${price.source}, read ${price.read}`;
  const card = timesCard(standard, timesStandard, source);
  const known =
    (of: RatesFor): RatesFor =>
    (inputTokens) =>
      inputTokens > upTo ? null : of(inputTokens);
  return { ...card, rates: known(card.rates), soon: card.soon.map(known), steps: [...card.steps, upTo] };
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
