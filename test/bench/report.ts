import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createPrices } from '../../src/models/prices.ts';
import { makeCostReport } from '../../src/runtime/cost-reports.ts';
import { realClock as clock, realIds as ids } from '../../src/runtime/platform.ts';
import { ledgerPathOf } from '../../src/storage/paths.ts';
import { Tracer } from '../../src/core/trace.ts';
import { Bench } from '../storage/support/open.ts';
import { fillLedger } from './support/fill-ledger.ts';
import { median, type Row } from './rows.ts';

const calls = 500_000;
const days = 30;
const repeats = 5;

/** The cost report over a ledger of a million rows: 500,000 calls over 30 days, each reserved and settled. */
export async function benchReport(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const path = bench.fresh();
    mkdirSync(dirname(path), { recursive: true });
    const ledgerPath = ledgerPathOf(path);
    const db = new Sqlite(ledgerPath);
    fillLedger(db, ledgerPath, { calls, days, now: Date.now(), entries: ['reserve', 'settle'] });
    db.close();
    const storage = await bench.storage(path);
    const prices = createPrices();
    const options = {
      storage,
      clock,
      version: '0.0.0',
      dataDir: dirname(path),
      prices: async () => prices,
      budgets: () => [],
      trusted: () => true,
      onWritten: () => undefined,
      startSpan: (g: number, runId: string) => {
        const tracer = new Tracer({ traceId: ids.traceId(), runId, common: {} }, clock, ids, () => undefined);
        return tracer.start({ name: `report ${g}`, kind: 'plan', parent: null });
      },
    };
    const time = async (over: number, priceAs: string | null): Promise<number> => {
      const times: number[] = [];
      for (let n = 0; n < repeats; n += 1) {
        const start = performance.now();
        const query = { days: over, range: null, format: 'md', priceAs, out: '-', workspace: null } as const;
        await makeCostReport(query, options);
        times.push(performance.now() - start);
      }
      return Math.round(median(times));
    };
    return [
      { what: 'cost report of 7 days, 1,000,000 ledger rows', value: await time(7, null), unit: 'ms' },
      { what: 'cost report of all 30 days', value: await time(days, null), unit: 'ms' },
      { what: 'cost report of 7 days with a what-if', value: await time(7, 'gpt-5-mini'), unit: 'ms' },
    ];
  } finally {
    await bench.end();
  }
}
