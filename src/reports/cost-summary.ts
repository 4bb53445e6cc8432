import type { KeySum, Overruns, SettledSum, SettledSums } from '../core/costs/settled-sums.ts';
import { addTokens, noTokens, totalTokens } from '../protocol/rows.ts';
import type { LedgerRow, Tokens } from '../protocol/rows.ts';

/** Settled calls of one key, summed. Money in nano-dollars; how parts of it came to be is told apart. */
export interface CostGroup {
  readonly key: string;
  readonly calls: number;
  readonly tokens: Tokens;
  readonly nusd: number;
  /** Of these calls, tokens and money: what is an estimate. */
  readonly estimatedCalls: number;
  readonly estimatedTokens: number;
  readonly estimatedNusd: number;
  /** Of these: what the provider itself reported. */
  readonly reportedCalls: number;
  readonly reportedNusd: number;
  /** Of these: what was reckoned at another model's prices (`price_as`) and not paid. */
  readonly reckonedCalls: number;
  readonly reckonedNusd: number;
  /** Calls without a price: their money is unknown and not in `nusd`. */
  readonly unpricedCalls: number;
  readonly unpricedTokens: number;
  readonly overruns: Overruns;
}

export interface KeyGroup extends CostGroup {
  readonly runId: string;
}

/**
 * Days ascend; the rest by money, then tokens. Days, models, agents and tiers each sum to `total`; of runs and tasks the
 * dearest are listed, and what is not is in `rest`.
 */
export interface CostSummary {
  readonly total: CostGroup;
  readonly byDay: readonly CostGroup[];
  readonly byModel: readonly CostGroup[];
  readonly byAgent: readonly CostGroup[];
  readonly byTier: readonly CostGroup[];
  readonly byRun: Listed;
  readonly byTask: Listed;
  /** The dearest calls first. */
  readonly calls: readonly LedgerRow[];
  readonly callsOmitted: number;
  /** The calls that passed their reservation, those that did so furthest first. */
  readonly overruns: readonly LedgerRow[];
}

export interface Listed {
  readonly groups: readonly KeyGroup[];
  /** How many keys are not listed, and what they sum to. */
  readonly restKeys: number;
  readonly rest: CostGroup;
}

/** What calls whose provider names no tier are counted under. */
export const noTier = 'not told';

export function summaryOf(sums: SettledSums): CostSummary {
  const { days, runs, tasks, calls, overruns } = sums;
  const total = days.reduce(plus, empty('total'));
  return {
    total,
    byDay: [...groupsOf(days, (sum) => sum.day).values()].sort((a, b) => compare(a.key, b.key)),
    byModel: dearest([...groupsOf(days, (sum) => sum.model).values()]),
    byAgent: dearest([...groupsOf(days, (sum) => sum.agent).values()]),
    byTier: dearest([...groupsOf(days, (sum) => sum.tier ?? noTier).values()]),
    byRun: listed(runs.sums, runs.keys, total),
    byTask: listed(tasks.sums, tasks.keys, total),
    calls,
    callsOmitted: total.calls - calls.length,
    overruns,
  };
}

function listed(sums: readonly KeySum[], keys: number, total: CostGroup): Listed {
  const runOf = new Map(sums.map((sum) => [sum.key, sum.runId]));
  const found = [...groupsOf(sums, (sum) => sum.key).values()];
  const groups = dearest(found.map((group) => ({ ...group, runId: runOf.get(group.key) ?? '' })));
  return { groups, restKeys: keys - groups.length, rest: groups.reduce(minus, { ...total, key: 'rest' }) };
}

function groupsOf<T extends SettledSum>(sums: readonly T[], keyOf: (sum: T) => string): Map<string, CostGroup> {
  const groups = new Map<string, CostGroup>();
  for (const sum of sums) {
    const key = keyOf(sum);
    groups.set(key, plus(groups.get(key) ?? empty(key), sum));
  }
  return groups;
}

function empty(key: string): CostGroup {
  return {
    key,
    calls: 0,
    tokens: noTokens,
    nusd: 0,
    estimatedCalls: 0,
    estimatedTokens: 0,
    estimatedNusd: 0,
    reportedCalls: 0,
    reportedNusd: 0,
    reckonedCalls: 0,
    reckonedNusd: 0,
    unpricedCalls: 0,
    unpricedTokens: 0,
    overruns: { calls: 0, nusd: 0, tokens: 0 },
  };
}

function plus(group: CostGroup, sum: SettledSum): CostGroup {
  return combine(1, group, groupOf(sum));
}

function minus(group: CostGroup, other: CostGroup): CostGroup {
  return combine(-1, group, other);
}

function groupOf(sum: SettledSum): CostGroup {
  const { calls, nusd, tokens, pricing, estimated, overruns } = sum;
  const all = totalTokens(tokens);
  const [reported, reckoned, unpriced] = [pricing === 'reported', pricing === 'as', pricing === 'unpriced'];
  return {
    key: '',
    calls,
    tokens,
    nusd,
    estimatedCalls: estimated ? calls : 0,
    estimatedTokens: estimated ? all : 0,
    estimatedNusd: estimated ? nusd : 0,
    reportedCalls: reported ? calls : 0,
    reportedNusd: reported ? nusd : 0,
    reckonedCalls: reckoned ? calls : 0,
    reckonedNusd: reckoned ? nusd : 0,
    unpricedCalls: unpriced ? calls : 0,
    unpricedTokens: unpriced ? all : 0,
    overruns,
  };
}

function combine(sign: 1 | -1, a: CostGroup, b: CostGroup): CostGroup {
  const sum = (pick: (group: CostGroup) => number): number => pick(a) + sign * pick(b);
  const tokens = Object.entries(b.tokens).map(([bucket, count]) => [bucket, sign * count]);
  return {
    key: a.key,
    calls: sum((g) => g.calls),
    tokens: addTokens(a.tokens, Object.fromEntries(tokens) as Tokens),
    nusd: sum((g) => g.nusd),
    estimatedCalls: sum((g) => g.estimatedCalls),
    estimatedTokens: sum((g) => g.estimatedTokens),
    estimatedNusd: sum((g) => g.estimatedNusd),
    reportedCalls: sum((g) => g.reportedCalls),
    reportedNusd: sum((g) => g.reportedNusd),
    reckonedCalls: sum((g) => g.reckonedCalls),
    reckonedNusd: sum((g) => g.reckonedNusd),
    unpricedCalls: sum((g) => g.unpricedCalls),
    unpricedTokens: sum((g) => g.unpricedTokens),
    overruns: {
      calls: sum((g) => g.overruns.calls),
      nusd: sum((g) => g.overruns.nusd),
      tokens: sum((g) => g.overruns.tokens),
    },
  };
}

function dearest<T extends CostGroup>(groups: readonly T[]): readonly T[] {
  return [...groups].sort(
    (a, b) => b.nusd - a.nusd || totalTokens(b.tokens) - totalTokens(a.tokens) || compare(a.key, b.key),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
