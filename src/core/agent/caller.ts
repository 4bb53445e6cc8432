import type { Measured } from '../budget/meter.ts';
import type { Overrides } from '../budget/overrides.ts';
import type { Clock, Ledger, LedgerLimit, Model, ModelCatalogue, Prices } from '../ports.ts';

/** What a budget's stop knows of the task whose call was refused. */
export interface Caller {
  readonly signal: AbortSignal;
  readonly measured: Measured;
  /** Tokens of context that were sent again, of those the task has used. */
  readonly resent: number;
  /** What a call of the model has to keep to, at this moment. */
  limits(model?: string): readonly LedgerLimit[];
  readonly context: {
    readonly run: { readonly resent: number };
    readonly model: Model;
    readonly models: ModelCatalogue;
    readonly priceAs: string | null;
    readonly services: {
      readonly clock: Clock;
      readonly ledger: Ledger;
      readonly prices: Prices;
      readonly overrides: Overrides;
    };
  };
}
