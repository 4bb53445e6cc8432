import type { ServiceTier } from '../../catalogue/states.ts';
import type { LedgerRow, Pricing, Tokens } from '../../protocol/rows.ts';

/** Settled calls that were priced in one way, summed; what was corrected is taken off. Money in nano-dollars. */
export interface SettledSum {
  readonly pricing: Pricing;
  readonly estimated: boolean;
  readonly calls: number;
  readonly tokens: Tokens;
  readonly nusd: number;
  readonly overruns: Overruns;
}

/** Calls that cost more (money or tokens) than was reserved for them, and by how much together: defects of the bound. */
export interface Overruns {
  readonly calls: number;
  readonly nusd: number;
  readonly tokens: number;
}

export interface DaySum extends SettledSum {
  /** Local calendar day of the settlement, `YYYY-MM-DD`. */
  readonly day: string;
  readonly model: string;
  readonly agent: string;
  /** Null: the provider named none. */
  readonly tier: ServiceTier | null;
}

/** Part of a run or a task. */
export interface KeySum extends SettledSum {
  readonly key: string;
  readonly runId: string;
}

/** Of so many keys the dearest, by money and then tokens: their sums. */
export interface Ranked {
  readonly keys: number;
  readonly sums: readonly KeySum[];
}

/** What was settled in a time, from one state of the ledger. */
export interface SettledSums {
  /** All calls, each in one of these. */
  readonly days: readonly DaySum[];
  readonly runs: Ranked;
  readonly tasks: Ranked;
  /** The dearest calls. */
  readonly calls: readonly LedgerRow[];
  /** The calls that passed their reservation furthest. */
  readonly overruns: readonly LedgerRow[];
  /** The ledger's last entry that was seen: the same time up to it always gives the same sums. */
  readonly upTo: number;
}

/** A settlement (`sign` 1), or the taking back of one (-1), with its tokens above zero in both cases. */
export interface Settled {
  readonly entryId: number;
  readonly sign: 1 | -1;
  readonly at: number;
  readonly model: string;
  readonly agent: string;
  readonly runId: string;
  readonly taskId: string;
  readonly tokens: Tokens;
}
