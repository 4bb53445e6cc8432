import { ledgerUse, measuredUse } from '../budget/meter.ts';
import type { ResourceLimit } from '../budget/limits.ts';
import type { HaiosError } from '../errors.ts';
import type { LedgerLimit, LimitUse } from '../ports.ts';
import type { BudgetUse } from '../../protocol/rows.ts';
import type { Caller } from './caller.ts';

/** A budget that did not allow a call. */
export interface Refusal {
  readonly error: HaiosError;
  readonly budget: BudgetUse;
  /** The most the call may cost, in the budget's unit; 0 where the budget is measured. */
  readonly asked: number;
  /** When the call fits by itself, ms since the epoch; null: never, or it is not known. */
  readonly freesAt: number | null;
  /** The budget is not used up: its pace holds the call back until `freesAt`. */
  readonly paced: boolean;
  /** The limit in the ledger; null: it is measured between calls. */
  readonly limit: LedgerLimit | null;
  readonly overrideId: string | null;
}

/** The details of a BUDGET_EXCEEDED that `hold` threw, and of one that `checkResources` threw. */
type Details =
  | {
      readonly limit: LedgerLimit;
      readonly use: LimitUse;
      readonly asked: number;
      readonly kind: 'wait' | 'refused';
    }
  | { readonly limit: ResourceLimit; readonly use?: undefined };

/** Null: the error does not say which budget it was. */
export function refusalOf(error: HaiosError, task: Caller): Refusal | null {
  if (error.details['limit'] === undefined) return null;
  const details = error.details as unknown as Details;
  if (details.use === undefined) {
    const { overrides } = task.context.services;
    const budget = measuredUse(details.limit, task.measured, (of) => overrides.of(of));
    return {
      error,
      budget,
      asked: 0,
      freesAt: null,
      paced: false,
      limit: null,
      overrideId: overrides.of(budget)?.overrideId ?? null,
    };
  }
  const { limit, use, asked, kind } = details;
  return {
    error,
    budget: ledgerUse(limit, use),
    asked,
    freesAt: use.freesAt ?? freesAt(limit, use, asked),
    paced: kind === 'wait' && limit.pace !== undefined && use.freesAt !== null,
    limit,
    overrideId: use.override?.overrideId ?? null,
  };
}

/** When the call fits at the latest: in the next window, in which nothing of this one counts, or after a person's lower limit. */
function freesAt(own: LedgerLimit, { settled, limit, override }: LimitUse, asked: number): number | null {
  const moments = [
    ...(own.until !== null && asked <= limit ? [own.until] : []),
    ...(override !== null && override.until !== null && settled + asked <= own.limit ? [override.until] : []),
  ];
  return moments.length === 0 ? null : Math.min(...moments);
}
