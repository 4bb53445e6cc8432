import { HaiosError } from '../../core/errors.ts';
import type { PricedModel } from '../../core/ports.ts';
import type { RateCard } from './card.ts';
import type { Rates } from './charge.ts';

/** What a person says a model of the configuration costs. */
export interface OwnPrice {
  /** The configured id. */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** USD per million tokens, or a part (0 to 1) that is taken off the list price. */
  readonly prices: {
    readonly input?: number;
    readonly output?: number;
    readonly cache_read?: number;
    readonly cache_write?: number;
    readonly cache_write_1h?: number;
    readonly reasoning?: number;
    readonly discount?: number;
    readonly currency?: 'USD';
  };
}

export function findOwn(own: readonly OwnPrice[], model: PricedModel): OwnPrice | null {
  const match = own.find((o) =>
    model.provider === null
      ? model.model === o.id || model.model === `${o.provider}/${o.model}`
      : model.provider === o.provider && model.model === o.model,
  );
  return match ?? null;
}

/** The rates a person gave, whatever the tier; null where there are none but a discount. */
export function ownCard({ id, prices }: OwnPrice): RateCard | null {
  const { input, output, cache_read = input, cache_write = input, reasoning = output } = prices;
  if (input === undefined || output === undefined) return null;
  // Who gives a price for writing has one for an hour too, which is not this one.
  const hour = prices.cache_write_1h ?? (prices.cache_write === undefined ? input : undefined);
  const rates: Rates = { input, output, cache_read, cache_write, cache_write_1h: hour, reasoning };
  return { source: `models.${id}.prices`, rates: () => rates, soon: [], steps: [] };
}

export function refuseConflicts(own: readonly OwnPrice[]): void {
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
