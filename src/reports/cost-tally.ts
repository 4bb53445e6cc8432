import { addTokens, noTokens, totalTokens } from '../protocol/rows.ts';
import type { LedgerRow, Tokens } from '../protocol/rows.ts';

/** Settled calls of one key, summed. Money in nano-dollars; estimated and unpriced parts are counted apart, too. */
export interface CostGroup {
  readonly key: string;
  readonly calls: number;
  readonly tokens: Tokens;
  readonly nusd: number;
  /** Of these calls and of this money: what is an estimate. */
  readonly estimatedCalls: number;
  readonly estimatedNusd: number;
  /** Of this money: what was reckoned at another model's prices (`price_as`) and not paid. */
  readonly reckonedNusd: number;
  /** Calls without a price: their money is unknown and not in `nusd`. */
  readonly unpricedCalls: number;
  readonly unpricedTokens: Tokens;
}

export interface TaskGroup extends CostGroup {
  readonly runId: string;
}

/** Each list holds every settled call once, so that each sums to `total`. Days ascend; the rest by money, then tokens. */
export interface CostSummary {
  readonly total: CostGroup;
  readonly byDay: readonly CostGroup[];
  readonly byModel: readonly CostGroup[];
  readonly byAgent: readonly CostGroup[];
  readonly byRun: readonly CostGroup[];
  readonly byTask: readonly TaskGroup[];
  /** The first `maxCalls` settled calls, in the order they were added. */
  readonly calls: readonly LedgerRow[];
  readonly callsOmitted: number;
}

export interface CostTally {
  /** Counts a call if it is settled; give each call once. */
  add(call: LedgerRow): void;
  summary(): CostSummary;
}

/** Sums ledger rows page by page, so that a long history need not be held at once. `dayOf` gives `YYYY-MM-DD`. */
export function createCostTally(options: { dayOf: (at: number) => string; maxCalls: number }): CostTally {
  let total = empty('total');
  const days = new Map<string, CostGroup>();
  const models = new Map<string, CostGroup>();
  const agents = new Map<string, CostGroup>();
  const runs = new Map<string, CostGroup>();
  const tasks = new Map<string, TaskGroup>();
  const calls: LedgerRow[] = [];
  let callsOmitted = 0;

  return {
    add(call) {
      if (call.state !== 'settled') return;
      total = plus(total, call);
      count(days, options.dayOf(call.settledAt ?? call.at), call);
      count(models, call.model, call);
      count(agents, call.agent, call);
      count(runs, call.runId, call);
      const task = tasks.get(call.taskId) ?? { ...empty(call.taskId), runId: call.runId };
      tasks.set(call.taskId, { ...plus(task, call), runId: task.runId });
      if (calls.length < options.maxCalls) calls.push(call);
      else callsOmitted += 1;
    },
    summary: () => ({
      total,
      byDay: [...days.values()].sort((a, b) => compare(a.key, b.key)),
      byModel: dearest(models),
      byAgent: dearest(agents),
      byRun: dearest(runs),
      byTask: dearest(tasks),
      calls: [...calls],
      callsOmitted,
    }),
  };
}

/** Local calendar days of a time zone, as `dayOf` wants them. */
export function localDays(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => format.format(at);
}

function empty(key: string): CostGroup {
  return {
    key,
    calls: 0,
    tokens: noTokens,
    nusd: 0,
    estimatedCalls: 0,
    estimatedNusd: 0,
    reckonedNusd: 0,
    unpricedCalls: 0,
    unpricedTokens: noTokens,
  };
}

function count(groups: Map<string, CostGroup>, key: string, call: LedgerRow): void {
  groups.set(key, plus(groups.get(key) ?? empty(key), call));
}

function plus(group: CostGroup, call: LedgerRow): CostGroup {
  const unpriced = call.pricing === 'unpriced';
  return {
    key: group.key,
    calls: group.calls + 1,
    tokens: addTokens(group.tokens, call.tokens),
    nusd: group.nusd + call.nusd,
    estimatedCalls: group.estimatedCalls + (call.estimated ? 1 : 0),
    estimatedNusd: group.estimatedNusd + (call.estimated ? call.nusd : 0),
    reckonedNusd: group.reckonedNusd + (call.pricing === 'as' ? call.nusd : 0),
    unpricedCalls: group.unpricedCalls + (unpriced ? 1 : 0),
    unpricedTokens: unpriced ? addTokens(group.unpricedTokens, call.tokens) : group.unpricedTokens,
  };
}

function dearest<T extends CostGroup>(groups: ReadonlyMap<string, T>): readonly T[] {
  return [...groups.values()].sort(
    (a, b) => b.nusd - a.nusd || totalTokens(b.tokens) - totalTokens(a.tokens) || compare(a.key, b.key),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
