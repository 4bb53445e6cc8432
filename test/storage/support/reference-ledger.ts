import type { Admission, Ask, LedgerLimit, LimitUse, Settlement } from '../../../src/core/ports.ts';
import { totalTokens } from '../../../src/protocol/rows.ts';

interface Call {
  readonly ask: Ask;
  held: 'reserved' | 'sent' | null;
  settled: Settlement | null;
}

/** What a ledger must do, in the plainest words: no window is kept, every sum is made anew from all calls. */
export class ReferenceLedger {
  readonly calls = new Map<string, Call>();

  admit(ask: Ask, limits: readonly LedgerLimit[]): Admission {
    const judged = limits.map((limit) => ({
      limit,
      use: this.use(limit),
      asked: limit.resource === 'usd' ? ask.nusd : ask.tokens,
    }));
    const refused = judged.find(({ limit, use, asked }) => use.settled + asked > limit.limit);
    if (refused !== undefined) return { kind: 'refused', limit: refused.limit, use: refused.use };
    const full = judged.find(({ limit, use, asked }) => use.settled + use.held + asked > limit.limit);
    if (full !== undefined) return { kind: 'wait', limit: full.limit, use: full.use };
    this.calls.set(ask.callId, { ask, held: 'reserved', settled: null });
    return { kind: 'admitted' };
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
    const call = this.calls.get(callId);
    if (call !== undefined) call.held = null;
  }

  bury(runtimeId: string): void {
    for (const call of this.calls.values()) {
      if (call.ask.runtimeId !== runtimeId || call.held === null) continue;
      if (call.held === 'sent') {
        const tokens = {
          input: call.ask.tokens,
          cache_read: 0,
          cache_write: 0,
          cache_write_1h: 0,
          output: 0,
          reasoning: 0,
        };
        call.settled = {
          tokens,
          nusd: call.ask.nusd,
          pricing: 'priced',
          estimated: true,
          rates: [],
          priceSource: null,
          responseModel: null,
          serviceTier: null,
          at: Number.MAX_SAFE_INTEGER,
        };
      }
      call.held = null;
    }
  }

  use(limit: LedgerLimit): LimitUse {
    if (limit.scope === 'call') return { settled: 0, held: 0, limit: limit.limit, override: null, freesAt: null };
    let settled = 0;
    let held = 0;
    for (const { ask, held: state, settled: settlement } of this.calls.values()) {
      if (!covers(limit, ask)) continue;
      if (state !== null) held += limit.resource === 'usd' ? ask.nusd : ask.tokens;
      if (settlement === null || settlement.at < limit.since) continue;
      settled += limit.resource === 'usd' ? settlement.nusd : totalTokens(settlement.tokens);
    }
    return { settled, held, limit: limit.limit, override: null, freesAt: null };
  }
}

function covers(limit: LedgerLimit, ask: Ask): boolean {
  switch (limit.scope) {
    case 'call':
      return false;
    case 'user':
      return true;
    case 'run':
      return ask.runId === limit.key;
    case 'agent':
      return ask.agent === limit.key;
    case 'task':
      return ask.taskId === limit.key;
    case 'workspace':
      return ask.workspace === limit.key;
    case 'model':
      return limit.key.endsWith('*') ? ask.model.startsWith(limit.key.slice(0, -1)) : ask.model === limit.key;
  }
}
