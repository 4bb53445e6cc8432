import { findProvider } from '@pydantic/genai-prices';
import type { PricedModel, PriceQuote, Prices } from '../core/ports.ts';
import { HaiosError } from '../core/errors.ts';
import { tokenKinds } from '../catalogue/states.ts';
import { inputTokens, type RateLine, type Tokens } from '../protocol/rows.ts';
import { chargeOf, usdPerMillion, type Rates } from './prices/charge.ts';
import { findExact, libraryVersion, providerIds, type Listed } from './prices/library.ts';
import { remembered } from './prices/remembered.ts';

/** Prices a person gave for a model of the configuration, USD per million tokens. */
export interface OwnPrice {
  /** The configured id. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly prices: {
    readonly input: number;
    readonly output: number;
    readonly cache_read?: number;
    readonly cache_write?: number;
    readonly cache_write_1h?: number;
    readonly reasoning?: number;
  };
}

const hourMs = 3_600_000;

/**
 * Prices of the bundled library and those a person gave, which win. Only exact ids, the aliases the library declares,
 * and dated snapshots of them (`claude-haiku-4-5-20251001`) are priced; all else is null.
 * Throws CONFIG_INVALID when two own prices for one provider and model differ.
 */
export function createPrices(options: { own?: readonly OwnPrice[] } = {}): Prices {
  const own = options.own ?? [];
  refuseConflicts(own);
  const find = remembered((model, at) => ownRates(own, model) ?? libraryRates(model, at));
  return {
    quote(model, tokens, at) {
      const found = find(model, at);
      return found === null ? null : quote(found, tokens);
    },
    bound(model, inputTokens, outputTokens, at) {
      const now = find(model, at);
      // Some prices depend on the hour or begin on a date: a call may end in another window than it began in.
      const later = now?.dated === true ? [1, 2, 3, 6, 9, 12, 15, 18, 21, 24] : [];
      const found = [now, ...later.map((hours) => find(model, at + hours * hourMs))];
      if (found.some((f) => f === null || (outputTokens > 0 && f.rates(inputTokens).output === undefined))) return null;
      const dearest = (pick: (rates: Rates) => readonly (number | undefined)[]): number =>
        Math.max(0, ...found.flatMap((f) => (f === null ? [] : pick(f.rates(inputTokens))).map((rate) => rate ?? 0)));
      const input = dearest((r) => [r.input, r.cache_read, r.cache_write, r.cache_write_1h]);
      const output = dearest((r) => [r.output, r.reasoning]);
      const free = { cache_read: 0, cache_write: 0, cache_write_1h: 0, reasoning: 0 };
      return chargeOf({ ...free, input: inputTokens, output: outputTokens }, { ...free, input, output }).nusd;
    },
  };
}

interface Found {
  /** The rates for a call of that many input tokens, cached ones included; an undefined rate is not known. */
  rates(inputTokens: number): Rates;
  readonly source: string;
  /** Other rates may hold at another time. */
  readonly dated: boolean;
}

function quote(found: Found, tokens: Tokens): PriceQuote | null {
  for (const kind of tokenKinds) {
    if (!Number.isSafeInteger(tokens[kind]) || tokens[kind] < 0) {
      throw new HaiosError(
        'INTERNAL',
        `Tokens to be priced must be whole and not negative; ${kind} is ${tokens[kind]}.`,
      );
    }
  }
  const rates = found.rates(inputTokens(tokens));
  if (tokenKinds.some((kind) => tokens[kind] > 0 && rates[kind] === undefined)) return null;
  const charge = chargeOf(tokens, rates);
  const lines: RateLine[] = tokenKinds
    .filter((kind) => tokens[kind] > 0)
    .map((bucket) => ({
      bucket,
      tokens: tokens[bucket],
      usdPerMillion: rates[bucket] ?? 0,
      nusd: charge.parts[bucket],
    }));
  return { nusd: charge.nusd, lines, source: found.source };
}

function libraryRates(model: PricedModel, at: number): Found | null {
  const listed = model.provider === null ? byIdAlone(model.model, at) : findExact(model.provider, model.model, at);
  if (listed === null || listed.price['input_mtok'] === undefined) return null;
  const { price } = listed;
  // A price per request has no bucket: tokens alone would come out too low.
  if (price['requests_kcount'] !== undefined) return null;
  const day = new Date(at).toISOString().slice(0, 10);
  return {
    source: `genai-prices ${libraryVersion} (${day})`,
    dated: Array.isArray(listed.model.prices),
    rates: (input) => usdPerMillion(price, input),
  };
}

/**
 * `provider/model`, or an id that decides by itself: the one its own maker lists, else the only one, else null (many
 * hosts sell open models under one name at different prices).
 */
function byIdAlone(id: string, at: number): Listed | null {
  const slash = id.indexOf('/');
  if (slash > 0) {
    const named = findExact(id.slice(0, slash), id.slice(slash + 1), at);
    if (named !== null) return named;
  }
  const matches = providerIds.flatMap((provider) => {
    const listed = findExact(provider, id, at);
    return listed === null ? [] : [{ provider, listed, price: JSON.stringify(listed.price) }];
  });
  // OpenAI lists its open models too, but does not sell them.
  const maker = /^gpt-oss/i.test(id) ? undefined : findProvider({ modelId: id.toLowerCase() })?.id;
  const made = matches.find((m) => m.provider === maker);
  if (made !== undefined) return made.listed;
  return new Set(matches.map((m) => m.price)).size === 1 ? (matches[0]?.listed ?? null) : null;
}

function ownRates(own: readonly OwnPrice[], model: PricedModel): Found | null {
  const match = own.find((o) =>
    model.provider === null
      ? model.model === o.id || model.model === `${o.provider}/${o.model}`
      : model.provider === o.provider && model.model === o.model,
  );
  if (match === undefined) return null;
  const {
    input,
    output,
    cache_read = input,
    cache_write = input,
    cache_write_1h = cache_write,
    reasoning = output,
  } = match.prices;
  const rates: Rates = { input, output, cache_read, cache_write, cache_write_1h, reasoning };
  return { source: `models.${match.id}.prices`, dated: false, rates: () => rates };
}

function refuseConflicts(own: readonly OwnPrice[]): void {
  const seen = new Map<string, OwnPrice>();
  for (const o of own) {
    const key = `${o.provider}\n${o.model}`;
    const before = seen.get(key);
    if (before !== undefined && JSON.stringify(before.prices) !== JSON.stringify(o.prices)) {
      const what = `models "${before.id}" and "${o.id}" give different prices for ${o.provider} "${o.model}"`;
      throw new HaiosError('CONFIG_INVALID', `In \`models\`, ${what}; make them equal or drop one.`);
    }
    seen.set(key, o);
  }
}
