import type { Database } from 'better-sqlite3';
import { numberOrNull, sql } from '../sql.ts';
import type { ReportsState, ReportTime } from '../storage.ts';

export function readReports(ledger: Database, history: Database, times: readonly ReportTime[]): ReportsState {
  const last = sql(history, `SELECT MAX(at) AS at FROM reports WHERE kind = 'cost'`).get() ?? {};
  const first = sql(ledger, 'SELECT MIN(at) AS at FROM ledger WHERE pricing IS NOT NULL').get() ?? {};
  return {
    lastAt: numberOrNull(last, 'at'),
    firstCallAt: numberOrNull(first, 'at'),
    times: times.map(({ runId, since, until }) => ({
      reported: sql(history, 'SELECT 1 FROM artefacts WHERE run_id = ? LIMIT 1').get(runId) !== undefined,
      spent:
        sql(ledger, 'SELECT 1 FROM ledger WHERE pricing IS NOT NULL AND at >= ? AND at < ? LIMIT 1').get(
          since,
          until,
        ) !== undefined,
    })),
  };
}
