import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Bench, pathOf } from '../storage/support/open.ts';
import { median, percentile, type Row } from './rows.ts';

const processes = 4;
const repeats = 5;

/** Admission of four processes on one file at once, each with eight calls under way. */
export async function benchLedgerContention(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const runs: { p50: number; p99: number; perSecond: number }[] = [];
    for (let n = 0; n < repeats; n += 1) {
      const path = bench.fresh();
      const storage = await bench.storage(path);
      const results = await Promise.all(Array.from({ length: processes }, (_, each) => admit(path, `p${each}`)));
      await storage.close(5000);
      const latencies = results.flatMap((result) => result.latencies);
      runs.push({
        p50: percentile(latencies, 50),
        p99: percentile(latencies, 99),
        perSecond: results.reduce((sum, { latencies: own, ms }) => sum + (own.length * 1000) / ms, 0),
      });
    }
    const of = (pick: (run: (typeof runs)[number]) => number): number => Math.round(median(runs.map(pick)) * 100) / 100;
    return [
      { what: 'admission p50, four processes on one file', value: of(({ p50 }) => p50), unit: 'ms' },
      { what: 'admission p99, four processes on one file', value: of(({ p99 }) => p99), unit: 'ms' },
      { what: 'admissions of the four together', value: Math.round(of(({ perSecond }) => perSecond)), unit: 'calls/s' },
    ];
  } finally {
    await bench.end();
  }
}

interface Result {
  readonly latencies: readonly number[];
  readonly ms: number;
}

async function admit(path: string, name: string): Promise<Result> {
  const child = spawn(process.execPath, [pathOf('./admitter.ts'), path, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await once(child, 'close');
  return JSON.parse(out) as Result;
}
