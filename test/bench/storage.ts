import type { Storage } from '../../src/storage/storage.ts';
import type { Row } from './rows.ts';
import { Bench } from '../storage/support/open.ts';
import { ask, limit, run, settlement, span } from '../storage/support/rows.ts';

const spans = 20_000;
const admissions = 2_000;

/** Spans stored per second, and admissions per second and their p99: alone, and 32 at once (they share commits). */
export async function benchStorage(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const storage = await bench.storage(bench.fresh(), { maxBuffered: spans });
    storage.write([{ type: 'run', row: run('run-1') }]);
    const spansPerSecond = await storeSpans(storage);
    const alone = await admit(storage, 1, 'alone');
    const together = await admit(storage, 32, 'together');
    return [
      { what: 'spans stored', value: spansPerSecond, unit: 'spans/s' },
      { what: 'admissions, one at a time', value: alone.perSecond, unit: 'calls/s' },
      { what: 'admission p99, one at a time', value: alone.p99, unit: 'ms' },
      { what: 'admissions, 32 at once', value: together.perSecond, unit: 'calls/s' },
      { what: 'admission p99, 32 at once', value: together.p99, unit: 'ms' },
    ];
  } finally {
    await bench.end();
  }
}

async function storeSpans(storage: Storage): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < spans; n += 1) {
    storage.write([
      { type: 'span', row: span(`span-${n}`, 'run-1', { parentSpanId: `span-${n >> 3}` }), payload: null },
    ]);
  }
  await storage.flush();
  return Math.round((spans * 1000) / (performance.now() - start));
}

/** Admits, and settles outside the measured time, against a run's, a day's and a week's limit. */
async function admit(storage: Storage, atOnce: number, name: string): Promise<{ perSecond: number; p99: number }> {
  const limits = [
    limit(1e15, { scope: 'run', key: 'run-1' }),
    limit(1e15, { window: 'day', since: 1 }),
    limit(1e15, { window: 'week', since: 1, resource: 'tokens' }),
  ];
  const latencies: number[] = [];
  let busyMs = 0;
  for (let done = 0; done < admissions; done += atOnce) {
    const calls = Array.from({ length: atOnce }, (_, n) => `${name}-${done + n}`);
    const start = performance.now();
    await Promise.all(
      calls.map(async (callId) => {
        await storage.ledger.admit(ask(callId), limits);
        latencies.push(performance.now() - start);
      }),
    );
    busyMs += performance.now() - start;
    await Promise.all(calls.map((callId) => storage.ledger.settle(callId, settlement(1))));
  }
  latencies.sort((a, b) => a - b);
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
  return { perSecond: Math.round((latencies.length * 1000) / busyMs), p99: Math.round(p99 * 100) / 100 };
}
