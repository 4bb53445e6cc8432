import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tokenKinds } from '../../src/catalogue/states.ts';
import { noTokens, totalTokens } from '../../src/protocol/rows.ts';
import type { CostGroup } from '../../src/reports/cost-summary.ts';
import { costReport } from '../../src/reports/cost-report.ts';
import { LedgerFile } from '../support/ledger-file.ts';
import { rows, withFolder } from '../support/runtime.ts';
import { inTimeZone } from '../support/time-zone.ts';
import { calls, reportOn, since } from './sample-report.ts';
import { ledgerRow } from './samples.ts';

describe('reports/cost-sql', () => {
  inTimeZone('Europe/Berlin');

  it('gives the report’s totals and every group of it when the SQL that it prints is run on ledger.db', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'ledger.db');
      const ledger = new LedgerFile(path);
      for (const call of calls) ledger.add(call);
      // Settled wrongly at another price, tier and size, corrected, and corrected once more.
      const first = ledgerRow({ callId: 'corrected', nusd: 9_000_000, serviceTier: 'batch', estimated: true });
      const second = ledgerRow({ callId: 'corrected', nusd: 5, pricing: 'reported', serviceTier: 'flex' });
      const third = ledgerRow({ callId: 'corrected', nusd: 6, pricing: 'as', serviceTier: 'flex' });
      ledger.add(first);
      ledger.correct(first, second);
      ledger.correct(second, third);
      ledger.add(ledgerRow({ callId: 'over', nusd: 2_000_001, tokens: { ...noTokens, cache_write_1h: 9000 } }));
      ledger.add(ledgerRow({ callId: 'old', settledAt: since - 1, nusd: 99 }));
      const report = reportOn(ledger);
      // What is settled after the report was made does not change what its queries give.
      ledger.add(ledgerRow({ callId: 'late', nusd: 77 }));
      ledger.close();

      const printed = /```sql\n(-- sqlite3 ledger\.db[^]*?)\n```/.exec(costReport(report, 'md'))?.[1] ?? '';
      const [total = '', groups = ''] = printed.split(';').map((statement) => statement.trim());
      const { summary } = report;
      assert.deepEqual([summary.total.calls, summary.total.overruns.calls, summary.total.reckonedNusd], [5, 1, 6]);
      assert.deepEqual(rows(path, total), [sumsOf(summary.total)]);
      const sections = {
        day: summary.byDay,
        model: summary.byModel,
        agent: summary.byAgent,
        tier: summary.byTier,
        run: summary.byRun.groups,
        task: summary.byTask.groups,
      };
      const found = rows(path, groups).filter(({ calls: count }) => count !== 0);
      for (const [section, expected] of Object.entries(sections)) {
        assert.deepEqual(
          byKey(found.filter((row) => row['section'] === section)),
          byKey(expected.map((group) => ({ section, key: group.key, ...sumsOf(group) }))),
          section,
        );
      }
      assert.equal(found.length, Object.values(sections).flat().length);
    }));
});

function byKey<T extends { key?: unknown }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
}

function sumsOf(group: CostGroup): Record<string, number> {
  return {
    calls: group.calls,
    ...Object.fromEntries(tokenKinds.map((kind) => [kind, group.tokens[kind]])),
    tokens: totalTokens(group.tokens),
    nusd: group.nusd,
    estimated_calls: group.estimatedCalls,
    estimated_tokens: group.estimatedTokens,
    estimated_nusd: group.estimatedNusd,
    reported_calls: group.reportedCalls,
    reported_nusd: group.reportedNusd,
    reckoned_calls: group.reckonedCalls,
    reckoned_nusd: group.reckonedNusd,
    unpriced_calls: group.unpricedCalls,
    unpriced_tokens: group.unpricedTokens,
    overrun_calls: group.overruns.calls,
    overrun_nusd: group.overruns.nusd,
    overrun_tokens: group.overruns.tokens,
  };
}
