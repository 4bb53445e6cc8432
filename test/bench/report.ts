import Database from 'better-sqlite3';
import { createPrices } from '../../src/models/prices.ts';
import type { CostReport } from '../../src/reports/cost-facts.ts';
import { costReport } from '../../src/reports/cost-report.ts';
import { summaryOf } from '../../src/reports/cost-summary.ts';
import { whatIfOf } from '../../src/runtime/what-if.ts';
import { Bench } from '../storage/support/open.ts';
import { reportOf } from '../reports/sample-report.ts';
import { median, type Row } from './rows.ts';

const entries = 1_000_000;
const since = Date.UTC(2026, 10, 16);
const until = since + 7 * 86_400_000;

/** A cost report of a week that is the whole of a ledger of a million rows: three for each call, as the writer makes them. */
export async function benchReport(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const storage = await bench.storage(bench.fresh());
    fill(storage.ledgerPath, Math.floor(entries / 3));
    const { reader } = storage;
    const base = reportOf([]);
    const report = async (): Promise<CostReport> => {
      const sums = await reader.settled({ since, until, most: 1000 });
      return { ...base, since, until, upTo: sums.upTo, summary: summaryOf(sums) };
    };
    const [reads, markdown, csv] = [[], [], []] as [number[], number[], number[]];
    for (let n = 0; n < 5; n++) {
      reads.push(await timed(() => reader.settled({ since, until, most: 1000 })));
      markdown.push(await timed(async () => costReport(await report(), 'md')));
      csv.push(await timed(async () => costReport(await report(), 'csv')));
    }
    const { upTo } = await report();
    const prices = createPrices();
    const whatIf: number[] = [];
    for (let n = 0; n < 5; n++)
      whatIf.push(await timed(() => whatIfOf({ since, until, upTo, priceAs: 'gpt-5-mini' }, reader, prices)));
    return [
      { what: 'cost report, sums of 1,000,000 ledger rows', value: median(reads), unit: 'ms' },
      { what: 'cost report, Markdown', value: median(markdown), unit: 'ms', note: 'sums included' },
      { what: 'cost report, CSV', value: median(csv), unit: 'ms', note: 'sums included' },
      {
        what: 'what-if, each call priced',
        value: median(whatIf),
        unit: 'ms',
        note: `${Math.floor(entries / 3)} calls`,
      },
    ];
  } finally {
    await bench.end();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function fill(path: string, calls: number): void {
  const db = new Database(path);
  const stepMs = (until - since) / calls;
  const settled = (value: string, otherwise = '0'): string => `iif(entry = 'settle', ${value}, ${otherwise})`;
  db.exec(`
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${calls - 1}),
      e(entry) AS (VALUES ('reserve'), ('sent'), ('settle'))
    INSERT INTO ledger (entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd,
      reserved_tokens, trace_id, span_id, input_tokens, cache_read_tokens, output_tokens, usd_nusd, pricing, estimated,
      rates, price_source)
    SELECT entry, printf('019ab0f0-5d1c-7e21-9a54-%012x', i), '019ab0f0-5d1c-7e21-9a54-0d7c3f5b6a10',
      CAST(${since} + i * ${stepMs} AS INTEGER), printf('019ab0f1-5d1c-7e21-9a54-%012x', i / 40),
      printf('019ab0f2-5d1c-7e21-9a54-%012x', i / 8), 'haios', 'executor',
      CASE i % 4 WHEN 0 THEN 'gpt-5-mini' WHEN 1 THEN 'gpt-5' WHEN 2 THEN 'claude-sonnet-4-5' ELSE 'local' END,
      '/home/someone/projects/a-workspace', 5000000, 9000, printf('%032x', i / 40), printf('%016x', i),
      ${settled('1000 + i % 977')}, ${settled('i % 313')}, ${settled('200 + i % 101')}, ${settled('650000 + i % 1013')},
      ${settled(`iif(i % 4 = 3, 'unpriced', 'priced')`, 'NULL')}, ${settled('i % 97 = 0')},
      ${settled(`'[{"bucket":"input","tokens":1000,"usdPerMillion":0.25,"nusd":250000},{"bucket":"output","tokens":200,"usdPerMillion":2,"nusd":400000}]'`, `'[]'`)},
      ${settled(`'genai-prices 0.1.8 (2026-10-01)'`, 'NULL')}
    FROM n, e`);
  db.close();
}
