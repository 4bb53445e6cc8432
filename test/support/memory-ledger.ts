import type { Admission, Ask, Ledger, LedgerLimit, Settlement } from '../../src/core/ports.ts';
import { totalTokens, type LedgerRow, type OverrideRow } from '../../src/protocol/rows.ts';

export interface MemoryLedger extends Ledger {
  readonly held: ReadonlyMap<string, Ask>;
  readonly settled: ReadonlyMap<string, { readonly ask: Ask; readonly settlement: Settlement }>;
  readonly released: readonly string[];
}

/** The ledger's rules in a few lines and without a disk; run, task and user limits only. */
export function memoryLedger(): MemoryLedger {
  const held = new Map<string, Ask>();
  const settled = new Map<string, { ask: Ask; settlement: Settlement }>();
  const released: string[] = [];
  const overrides: OverrideRow[] = [];
  const counts = (limit: LedgerLimit, ask: Ask): boolean =>
    limit.scope === 'run' ? ask.runId === limit.key : limit.scope === 'task' ? ask.taskId === limit.key : true;
  const useOf = (limit: LedgerLimit) => {
    const money = limit.resource === 'usd';
    const sum = (amounts: number[]): number => amounts.reduce((a, b) => a + b, 0);
    const override = overrides.findLast((row) => isOf(row, limit)) ?? null;
    return {
      limit: override?.limit ?? limit.limit,
      override,
      freesAt: null,
      settled: sum(
        [...settled.values()]
          .filter(({ ask, settlement }) => counts(limit, ask) && settlement.at >= limit.since)
          .map(({ settlement }) => (money ? settlement.nusd : totalTokens(settlement.tokens))),
      ),
      held: sum([...held.values()].filter((ask) => counts(limit, ask)).map((ask) => (money ? ask.nusd : ask.tokens))),
    };
  };
  return {
    held,
    settled,
    released,
    async admit(ask, limits): Promise<Admission> {
      for (const limit of limits) {
        const use = useOf(limit);
        const asked = limit.resource === 'usd' ? ask.nusd : ask.tokens;
        if (use.settled + asked > use.limit) return { kind: 'refused', limit, use };
        if (use.settled + use.held + asked > use.limit) return { kind: 'wait', limit, use };
      }
      held.set(ask.callId, ask);
      return { kind: 'admitted' };
    },
    async sent() {},
    async settle(callId, settlement) {
      const ask = held.get(callId);
      if (ask === undefined) return;
      held.delete(callId);
      settled.set(callId, { ask, settlement });
    },
    async release(callId) {
      if (held.delete(callId)) released.push(callId);
    },
    use: async (limits) => limits.map(useOf),
    call: async (): Promise<LedgerRow | null> => null,
    async override(row) {
      overrides.push(row);
    },
    overrides: async () => overrides,
  };
}

function isOf(row: OverrideRow, limit: LedgerLimit): boolean {
  const { name, resource, scope, key, window } = limit;
  return (
    row.name === name && row.resource === resource && row.scope === scope && row.key === key && row.window === window
  );
}
