import { times, type Rates } from './charge.ts';

/** The rates of a call of that many input tokens, cached ones included; null where none are known for so many. */
export type RatesFor = (inputTokens: number) => Rates | null;

/** The rates of one model at one tier and moment. */
export interface RateCard {
  readonly rates: RatesFor;
  /** What may come into force within a day: a price of another hour, or one that is announced. */
  readonly soon: readonly RatesFor[];
  /** Input tokens above which other rates hold, in any of them. */
  readonly steps: readonly number[];
  /** Where the rates are from. */
  readonly source: string;
}

/** The card with every rate times a factor. */
export function timesCard(card: RateCard, factor: number, source: string): RateCard {
  const scaled =
    (of: RatesFor): RatesFor =>
    (inputTokens) => {
      const rates = of(inputTokens);
      return rates === null ? null : times(rates, factor);
    };
  return { ...card, source, rates: scaled(card.rates), soon: card.soon.map(scaled) };
}

/** All rates that a call of at most that many input tokens may have if it begins now and ends within a day. */
export function ratesUpTo(card: RateCard, inputTokens: number): readonly Rates[] {
  const counts = [0, ...card.steps.filter((step) => step < inputTokens).map((step) => step + 1), inputTokens];
  return [card.rates, ...card.soon].flatMap((of) => counts.flatMap((count) => of(count) ?? []));
}
