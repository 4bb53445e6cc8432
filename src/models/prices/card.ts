import type { Rates } from './charge.ts';
import { times } from './charge.ts';

/** The rates of one model at one tier and moment. */
export interface RateCard {
  /** The rates of a call of that many input tokens, cached ones included; null where there are none known for so many. */
  readonly rates: (inputTokens: number) => Rates | null;
  /** Input tokens above which other rates hold, ascending. */
  readonly steps: readonly number[];
  /** Where the rates are from. */
  readonly source: string;
  /** Other rates may hold at another moment. */
  readonly dated: boolean;
}

/** The card with every rate times a factor. */
export function timesCard(card: RateCard, factor: number, source: string): RateCard {
  return {
    ...card,
    source,
    rates: (inputTokens) => {
      const rates = card.rates(inputTokens);
      return rates === null ? null : times(rates, factor);
    },
  };
}

/** All rates that a call of at most that many input tokens may have. */
export function ratesUpTo(card: RateCard, inputTokens: number): readonly Rates[] {
  const counts = [0, ...card.steps.filter((step) => step < inputTokens).map((step) => step + 1), inputTokens];
  return counts.flatMap((count) => card.rates(count) ?? []);
}
