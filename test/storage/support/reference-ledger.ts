import type { Admission, Ask, LedgerLimit, LimitUse, Settlement } from '../../../src/core/ports.ts';
import { noTokens, totalTokens, type OverrideRow } from '../../../src/protocol/rows.ts';

interface Call {
  readonly ask: Ask;
  held: 'reserved' | 'sent' | null;
  settled: Settlement | null;
}

/** What a ledger must do, in the plainest words: no window is kept, every sum is made anew from all calls. */
export class ReferenceLedger {
  readonly calls = new Map<string, Call>();
  /** Who waits, the first one first. */
  line: Ask[] = [];
  readonly overrides: OverrideRow[] = [];

  admit(ask: Ask, limits: readonly LedgerLimit[]): Admission {
    const judged = limits.map((limit) => ({ limit, ...this.#judge(ask, limit) }));
    const answer =
      judged.find(({ kind }) => kind === 'refused') ??
      judged.find(({ kind }) => kind === 'wait') ??
      ({ kind: 'admitted' } as const);
    const waits = this.line.findIndex(({ callId }) => callId === ask.callId);
    if (answer.kind === 'wait' && waits === -1) this.line.push(ask);
    if (answer.kind !== 'wait' && waits !== -1) this.line.splice(waits, 1);
    if (answer.kind === 'admitted') this.calls.set(ask.callId, { ask, held: 'reserved', settled: null });
    return answer.kind === 'admitted' ? answer : { kind: answer.kind, limit: answer.limit, use: answer.use };
  }

  sent(callId: string): boolean {
    const call = this.calls.get(callId);
    if (call === undefined || call.held === null) return false;
    call.held = 'sent';
    return true;
  }

  settle(callId: string, settlement: Settlement): boolean {
    const call = this.calls.get(callId);
    if (call === undefined) return false;
    call.held = null;
    // The same settlement again changes nothing.
    const { at: _, ...said } = settlement;
    const { at: __, ...known } = call.settled ?? { at: 0 };
    if (JSON.stringify(said) !== JSON.stringify(known)) call.settled = settlement;
    return true;
  }

  release(callId: string): void {
    this.line = this.line.filter((ask) => ask.callId !== callId);
    const call = this.calls.get(callId);
    if (call !== undefined) call.held = null;
  }

  bury(runtimeId: string, at: number): void {
    this.line = this.line.filter((ask) => ask.runtimeId !== runtimeId);
    for (const call of this.calls.values()) {
      if (call.ask.runtimeId !== runtimeId || call.held === null) continue;
      if (call.held === 'sent')
        call.settled = { ...worstCase, nusd: call.ask.nusd, at, tokens: { ...noTokens, input: call.ask.tokens } };
      call.held = null;
    }
  }

  use(limit: LedgerLimit, at: number): LimitUse {
    const override = this.overrides.findLast((row) => isOf(row, limit)) ?? null;
    const inForce = override === null || (override.until !== null && override.until <= at) ? null : override;
    return {
      settled: this.#settledSince(limit, limit.since),
      held: sum(
        [...this.calls.values()].filter(({ held }) => held !== null).map(({ ask }) => ask),
        limit,
      ),
      limit: inForce?.limit ?? limit.limit,
      override: inForce,
      freesAt: null,
    };
  }

  #judge(ask: Ask, limit: LedgerLimit): { kind: Admission['kind']; use: LimitUse } {
    const use = this.use(limit, ask.at);
    const asked = amount(limit, ask);
    const needed = use.settled + use.held + asked;
    if (use.settled + asked > use.limit)
      return {
        kind: 'refused',
        use: { ...use, freesAt: least(this.#rolled(ask, limit, use, asked), ...ends(limit, use, asked)) },
      };
    const paced = limit.pace === undefined ? Infinity : limit.pace.allowed + Math.max(0, use.limit - limit.limit);
    const place = this.line.findIndex(({ callId }) => callId === ask.callId);
    const ahead = sum(place === -1 ? this.line : this.line.slice(0, place), limit);
    if (needed + ahead <= Math.min(use.limit, paced)) return { kind: 'admitted', use };
    const freesAt =
      needed > paced && needed <= use.limit
        ? least((limit.pace?.perMs ?? 0) > 0 ? Math.ceil(ask.at + (needed - paced) / (limit.pace?.perMs ?? 0)) : null)
        : least(...ends(limit, use, use.held + asked));
    return { kind: 'wait', use: { ...use, freesAt } };
  }

  #settledSince(limit: LedgerLimit, since: number): number {
    let settled = 0;
    for (const { ask, settled: settlement } of this.calls.values()) {
      if (settlement === null || settlement.at < since || !covers(limit, ask)) continue;
      settled += amount(limit, { nusd: settlement.nusd, tokens: totalTokens(settlement.tokens) });
    }
    return settled;
  }

  /** Millisecond by millisecond would be plainer still: only those right after a settlement can be the first. */
  #rolled(ask: Ask, limit: LedgerLimit, use: LimitUse, asked: number): number | null {
    if (limit.window !== 'hour') return null;
    const starts = [...this.calls.values()].flatMap(({ settled }) => (settled === null ? [] : [settled.at + 1]));
    const first = starts
      .filter((start) => start > limit.since)
      .sort((a, b) => a - b)
      .find((start) => this.#settledSince(limit, start) + asked <= use.limit);
    return first === undefined ? null : first + ask.at - limit.since;
  }
}

const worstCase = {
  pricing: 'priced',
  estimated: true,
  rates: [],
  priceSource: null,
  responseModel: null,
  serviceTier: null,
} as const;

function ends(limit: LedgerLimit, use: LimitUse, needed: number): readonly (number | null)[] {
  const overrideEnd = use.override?.until ?? null;
  const ownThen = overrideEnd !== null && limit.until !== null && overrideEnd <= limit.until;
  return [
    overrideEnd !== null && use.settled + needed <= limit.limit ? overrideEnd : null,
    needed <= (ownThen ? limit.limit : use.limit) ? limit.until : null,
  ];
}

function least(...moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function amount({ resource }: LedgerLimit, { nusd, tokens }: Pick<Ask, 'nusd' | 'tokens'>): number {
  return resource === 'usd' ? nusd : tokens;
}

function sum(asks: readonly Ask[], limit: LedgerLimit): number {
  return asks.reduce((total, ask) => total + (covers(limit, ask) ? amount(limit, ask) : 0), 0);
}

function isOf(row: OverrideRow, limit: LedgerLimit): boolean {
  return (['name', 'resource', 'scope', 'key', 'window'] as const).every((part) => row[part] === limit[part]);
}

function covers(limit: LedgerLimit, ask: Ask): boolean {
  if (limit.runId !== undefined && limit.runId !== ask.runId) return false;
  if (limit.workspace !== undefined && limit.workspace !== ask.workspace) return false;
  switch (limit.scope) {
    case 'call':
      return false;
    case 'user':
      return true;
    case 'run':
      return ask.runId === limit.key;
    case 'task':
      return ask.taskId === limit.key;
    case 'workspace':
      return ask.workspace === limit.key;
    case 'agent':
      return like(limit.key, ask.agent);
    case 'model':
      return like(limit.key, ask.model);
  }
}

function like(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
