import assert from 'node:assert/strict';
import type { Settled } from '../../src/core/costs/settled-sums.ts';
import { createPrices } from '../../src/models/prices.ts';
import { costReport } from '../../src/reports/cost-report.ts';
import { whatIfOf } from '../../src/runtime/what-if.ts';
import { readSettlements } from '../../src/storage/reader/settled.ts';
import { LedgerFile } from '../support/ledger-file.ts';
import { inTimeZone } from '../support/time-zone.ts';
import { calls, reportOn, since, until } from './sample-report.ts';
import { ledgerRow } from './samples.ts';

describe('reports/what-if', () => {
  inTimeZone('Europe/Berlin');
  // 1 USD per million input tokens, cached or not, and 10 for each of output: easy to check by hand.
  const prices = createPrices({
    own: [{ id: 'other', provider: 'openai', model: 'other', prices: { input: 1, output: 10 } }],
  });

  async function made(model: string) {
    const ledger = new LedgerFile();
    try {
      for (const call of calls) ledger.add(call);
      const wrong = ledgerRow({ callId: 'corrected', tokens: { ...ledgerRow().tokens, input: 77 } });
      ledger.add(wrong);
      ledger.correct(wrong, ledgerRow({ callId: 'corrected', pricing: 'as' }));
      const paid = reportOn(ledger);
      const reader = {
        settlements: (query: Parameters<typeof readSettlements>[1]): Promise<readonly Settled[]> =>
          Promise.resolve(readSettlements(ledger.db, { ...query, limit: 2 })),
      };
      const page = {
        settlements: async (query: Parameters<typeof readSettlements>[1]) => {
          const all: Settled[] = [];
          for (let after = query.after; ;) {
            const rows = await reader.settlements({ ...query, after });
            all.push(...rows);
            const last = rows.at(-1);
            if (last === undefined) return all;
            after = last.entryId;
          }
        },
      };
      const whatIf = await whatIfOf({ since, until, upTo: paid.upTo, priceAs: model }, page, prices);
      return { paid, report: { ...paid, whatIf } };
    } finally {
      ledger.close();
    }
  }

  it('prices each call by itself and takes corrected ones back, beside what was paid and never in it', async () => {
    const { paid, report } = await made('other');
    // call-1, call-3 and the corrected one: 1,000 × 1,000 + 200 × 10,000 each; call-2: 328 × 1,000 + 54,000 × 10,000.
    const total = 3 * 3_000_000 + 328_000 + 540_000_000;
    assert.equal(report.whatIf.total, total);
    for (const sums of [
      report.whatIf.byDay,
      report.whatIf.byModel,
      report.whatIf.byAgent,
      report.whatIf.byRun,
      report.whatIf.byTask,
    ])
      assert.equal(
        [...sums.values()].reduce((a, b) => a + b, 0),
        total,
      );
    // Paid is without the 650,000 that were only reckoned.
    assert.equal(paid.summary.total.nusd, 2_300_001);
    const json = JSON.parse(costReport(report, 'json')) as Record<string, Record<string, unknown>>;
    assert.deepEqual(json['what_if']?.['total'], {
      key: 'total',
      paid_usd_nano: 1_650_001,
      what_if_usd_nano: total,
      difference_usd_nano: total - 1_650_001,
    });
    const without = JSON.parse(costReport(paid, 'json')) as Record<string, unknown>;
    assert.deepEqual({ ...json, what_if: null }, without);
    const text = costReport(report, 'md');
    const section = /\n\n## What if all of it ran on other\n\n[^]*?(?=\n\n## )/.exec(text)?.[0] ?? '';
    assert.match(section, /\| total \| 0\.001650001 \| 0\.549328 \| \+0\.547677999 \|/);
    assert.equal(text.replace(section, ''), costReport(paid, 'md'));
  });

  it('refuses a model whose prices are not known, also where nothing was settled', async () => {
    const reader = { settlements: () => Promise.resolve([]) };
    await assert.rejects(
      whatIfOf({ since, until, upTo: 1, priceAs: 'no-such-model' }, reader, prices),
      /--price-as “no-such-model”: no price is known for that model/,
    );
  });
});
