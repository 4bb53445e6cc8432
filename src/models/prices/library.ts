import {
  calcPrice,
  findProvider,
  type ConditionalPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';
import type { RateCard, RatesFor } from './card.ts';
import type { Rates } from './charge.ts';
import { hourWrites } from './overlay.ts';

export const libraryVersion = '0.1.8';
const dayMs = 86_400_000;

/** The library's providers; it lists them only asynchronously. */
export const providerIds = (
  'anthropic arcee avian aws azure baseten cerebras cloudflare cohere cursor deepseek doubleword fireworks ' +
  'github-copilot google groq huggingface_cerebras huggingface_fireworks-ai huggingface_groq huggingface_hyperbolic ' +
  'huggingface_nebius huggingface_novita huggingface_nscale huggingface_ovhcloud huggingface_publicai ' +
  'huggingface_sambanova huggingface_together minimax mistral modal moonshotai novita openai openrouter ovhcloud ' +
  'perplexity quicksilverpro together typesafe voyageai x-ai zai zhipuai'
).split(' ');

interface Listed {
  readonly model: ModelInfo;
  /** The price in force at the moment that was asked for. */
  readonly price: ModelPrice;
}

/**
 * The price of exactly that id at exactly that provider at a moment (ms since the epoch), or null. The library decides
 * which of its entries an id belongs to; entries that only match by the look of the id are refused.
 */
function findExact(providerId: string, modelId: string, at: number): Listed | null {
  if (!providerIds.includes(providerId)) return null;
  const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, modelId, { providerId, timestamp: new Date(at) });
  if (found === null) return null;
  const id = modelId.toLowerCase();
  const { model, model_price: price } = found;
  return model.id.toLowerCase() === id || declares(model.match, id) || isSnapshot(model.match, id)
    ? { model, price }
    : null;
}

/** The standard rates the library lists for exactly that id at exactly that provider. Null: none. */
export function libraryCard(providerId: string, modelId: string, at: number): RateCard | null {
  const listed = findExact(providerId, modelId, at);
  if (listed === null || listed.price['input_mtok'] === undefined) return null;
  const { price, model } = listed;
  // A price per request has no bucket: tokens alone would come out too low.
  if (price['requests_kcount'] !== undefined) return null;
  const of =
    (one: ModelPrice): RatesFor =>
    (inputTokens) =>
      ratesOf(one, inputTokens, hourWrites.models.test(modelId));
  const others = Array.isArray(model.prices) ? model.prices.filter((other) => maySoonHold(other, at)) : [];
  const steps = [price, ...others.map((other) => other.prices)].flatMap((one) =>
    Object.values(one).flatMap((rate) => (typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [])),
  );
  return {
    rates: of(price),
    soon: others.map((other) => of(other.prices)),
    steps: [...new Set(steps)],
    source: `genai-prices ${libraryVersion} (${new Date(at).toISOString().slice(0, 10)})`,
  };
}

/** A price of certain hours may hold before a call ends, and one that begins within a day may. */
function maySoonHold({ constraint }: ConditionalPrice, at: number): boolean {
  if (constraint === undefined) return false;
  if (constraint.type === 'time_of_date') return true;
  const begins = Date.parse(constraint.start_date);
  return begins > at && begins <= at + dayMs;
}

/** Long-context tiers look at all input tokens. */
function ratesOf(price: ModelPrice, inputTokens: number, hasHourWrites: boolean): Rates {
  const rate = (key: string): number | undefined => {
    const value = price[key];
    if (value === undefined || typeof value === 'number') return value;
    const tiers = [...value.tiers].sort((a, b) => a.start - b.start);
    return tiers.findLast((tier) => inputTokens > tier.start)?.price ?? value.base;
  };
  const input = rate('input_mtok');
  const output = rate('output_mtok');
  const hour = hasHourWrites && input !== undefined ? input * hourWrites.timesInput : undefined;
  return {
    input,
    cache_read: rate('cache_read_mtok') ?? input,
    cache_write: rate('cache_write_mtok') ?? input,
    // Never the price of a short write: that is lower.
    cache_write_1h: rate('cache_write_1h_mtok') ?? hour,
    output,
    reasoning: rate('output_reasoning_mtok') ?? output,
  };
}

/** The provider whose API an address is, by scheme and whole host name; null for any other server. */
export function providerOfUrl(baseUrl: string): string | null {
  const { origin } = new URL(baseUrl);
  return (
    providerIds.find((id) => {
      const pattern = findProvider({ providerId: id })?.api_pattern;
      const match = pattern === undefined ? null : new RegExp(`^(?:${pattern})`).exec(`${origin}/`);
      // The library's patterns have no end: `api.openai.com.example.org` would match too.
      return match !== null && /^\/?$/.test(`${origin}/`.slice(match[0].length));
    }) ?? null
  );
}

/** The ids a provider's price list declares for models that take and give text. */
export function textModelIds(providerId: string): readonly string[] {
  const ids = (findProvider({ providerId })?.models ?? []).map((m) => m.id);
  return ids.filter(
    (id) => !/^ft:|\.ft-|audio|realtime|image|transcribe|tts|embedding|instruct|davinci|^(ada|babbage|curie)$/.test(id),
  );
}

function declares(match: MatchLogic, id: string): boolean {
  if ('or' in match) return match.or.some((m) => declares(m, id));
  if ('equals' in match) return match.equals.toLowerCase() === id;
  if ('regex' in match)
    return match.regex.startsWith('^') && match.regex.endsWith('$') && new RegExp(match.regex).test(id);
  return false;
}

/** A declared prefix and a date: how makers name a frozen state of a model. Any other ending is another model. */
function isSnapshot(match: MatchLogic, id: string): boolean {
  if ('or' in match) return match.or.some((m) => isSnapshot(m, id));
  if (!('starts_with' in match)) return false;
  const prefix = match.starts_with.toLowerCase().replace(/-$/, '');
  return id.startsWith(prefix) && /^(-20\d{6}|-20\d\d-\d\d-\d\d|-latest)?$/.test(id.slice(prefix.length));
}
