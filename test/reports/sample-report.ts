import type { BackTest } from '../../src/core/forecast/back-test.ts';
import { noCost } from '../../src/protocol/rows.ts';
import type { LedgerRow } from '../../src/protocol/rows.ts';
import type { CostReport } from '../../src/reports/cost-facts.ts';
import { summaryOf } from '../../src/reports/cost-summary.ts';
import { readSettled } from '../../src/storage/reader/settled.ts';
import { LedgerFile } from '../support/ledger-file.ts';
import { runRow } from '../support/rows.ts';
import { artefactRow, issueRow, ledgerRow, taskRow } from './samples.ts';

/** A week in Berlin, and five calls in it, of which three settled: one estimated, one unpriced. */
export const since = Date.UTC(2026, 10, 15, 23);
export const until = Date.UTC(2026, 10, 22, 12);
export const calls: readonly LedgerRow[] = [
  ledgerRow(),
  ledgerRow({
    callId: 'call-2',
    taskId: 'task-2',
    settledAt: Date.UTC(2026, 10, 20, 23, 30),
    nusd: 1_000_001,
    estimated: true,
    reservedTokens: 60_000,
    tokens: { input: 1, cache_read: 20, cache_write: 300, cache_write_1h: 7, output: 4000, reasoning: 50_000 },
  }),
  ledgerRow({
    callId: 'call-3',
    runId: 'run-2',
    taskId: 'task-3',
    agent: '=cmd|x',
    model: 'local|`m`',
    pricing: 'unpriced',
    nusd: 0,
  }),
  ledgerRow({ callId: 'call-4', state: 'released', settledAt: null }),
  ledgerRow({ callId: 'call-5', state: 'sent', settledAt: null }),
];

export const backTest: BackTest = {
  runs: 14,
  durationMs: { of: 12, within: 10 },
  tokens: { of: 12, within: 9 },
  nusd: { of: 3, within: 3 },
  memBytes: { of: 12, within: 11 },
};

/** The report of a ledger, everything but its sums made up. */
export function reportOn(ledger: LedgerFile, changes: Partial<CostReport> = {}, most = 1000): CostReport {
  const sums = readSettled(ledger.db, { since, until, most });
  return {
    g: 7,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    version: '0.1.0',
    at: until,
    since,
    until,
    upTo: sums.upTo,
    timeZone: 'Europe/Berlin',
    summary: summaryOf(sums),
    whatIf: null,
    resources: { ...noCost, cpuSeconds: 1.25, memBytes: 52_428_800, diskBytes: -10 },
    budgets: [],
    backTest,
    runs: [runRow({ g: 3, prompt: 'fix | it\n=HYPERLINK("x")' })],
    tasks: [taskRow({ title: 'Look `around`' })],
    artefacts: [artefactRow()],
    issues: [issueRow()],
    remarks: [],
    ...changes,
  };
}

export function reportOf(rows: readonly LedgerRow[], changes: Partial<CostReport> = {}, most = 1000): CostReport {
  const ledger = new LedgerFile();
  try {
    for (const row of rows) ledger.add(row);
    return reportOn(ledger, changes, most);
  } finally {
    ledger.close();
  }
}
