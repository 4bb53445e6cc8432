import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import type { LedgerLimit } from '../../src/core/ports.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { Bench } from '../storage/support/open.ts';
import { ask, limit } from '../storage/support/rows.ts';
import { median, percentile, type Row } from './rows.ts';

const calls = 20_000;
const atOnce = 1_000;
const repeats = 5;

/** Made anew for each call, as core makes them: a run, a task, an hour, a day, a week of tokens, a model. */
function sixLimits(run: number): readonly LedgerLimit[] {
  return [
    limit(1e15, { name: 'run', scope: 'run', key: `run-${run}` }),
    limit(1e15, { name: 'task', scope: 'task', key: `task-${run}` }),
    limit(1e15, { name: 'hour', window: 'hour', since: Date.now() - 3_600_000 }),
    limit(1e15, { name: 'day', window: 'day', since: 1, until: Date.now() + 1e7 }),
    limit(1e15, { name: 'week', window: 'week', since: 1, until: Date.now() + 1e7, resource: 'tokens' }),
    limit(1e15, { name: 'gpt-5*', scope: 'model', key: 'gpt-5*', runId: `run-${run}` }),
  ];
}

/** Admissions per second of one process, each on disk before it is answered, beside plain inserts by the same driver. */
export async function benchLedger(): Promise<readonly Row[]> {
  const bench = new Bench();
  try {
    const rates: number[] = [];
    const latencies: number[] = [];
    const alone: number[] = [];
    const inOne: number[] = [];
    for (let n = 0; n < repeats; n += 1) {
      const storage = await bench.storage(bench.fresh());
      const start = performance.now();
      let next = 0;
      const caller = async (_: unknown, each: number): Promise<void> => {
        const run = each % 8;
        while (next < calls) {
          const asked = performance.now();
          const call = ask(`call-${next++}`, { runId: `run-${run}`, taskId: `task-${run}`, at: Date.now() });
          await storage.ledger.admit(call, sixLimits(run));
          latencies.push(performance.now() - asked);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, caller));
      rates.push((calls * 1000) / (performance.now() - start));
      await storage.close(5000);
      alone.push(
        insert(open(bench.fresh()), 2_000, (db, work) => work.forEach((one) => db.transaction(one).immediate())),
      );
      inOne.push(
        insert(open(bench.fresh()), calls, (db, work) =>
          db.transaction(() => work.forEach((one) => one())).immediate(),
        ),
      );
    }
    const own = median(rates);
    const ratio = (peer: number): string => `${(own / peer).toFixed(2)} times as many`;
    return [
      { what: 'admissions against 6 limits, 1,000 at once', value: Math.round(own), unit: 'calls/s' },
      {
        what: 'the same rows by plain better-sqlite3, a transaction each, no checks',
        value: Math.round(median(alone)),
        unit: 'calls/s',
        note: `we admit ${ratio(median(alone))}`,
      },
      {
        what: 'the same rows by plain better-sqlite3, one transaction for all, no checks',
        value: Math.round(median(inOne)),
        unit: 'calls/s',
        note: `we admit ${ratio(median(inOne))}`,
      },
      { what: 'admission p50, 1,000 at once', value: round(percentile(latencies, 50)), unit: 'ms' },
      { what: 'admission p99, 1,000 at once', value: round(percentile(latencies, 99)), unit: 'ms' },
    ];
  } finally {
    await bench.end();
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function open(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  const db = new Sqlite(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  migrate(db, ledgerSchema.migrations, path);
  return db;
}

/** Calls per second of the two inserts that an admission is, and nothing else. */
function insert(db: Database, count: number, run: (db: Database, work: readonly (() => void)[]) => void): number {
  const columns =
    'call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd, reserved_tokens, trace_id, span_id';
  const values = columns.replace(/\w+/g, (name) => `@${name}`);
  const entry = db.prepare(`INSERT INTO ledger (entry, ${columns}) VALUES ('reserve', ${values})`);
  const held = db.prepare(`INSERT INTO reservations (state, ${columns}) VALUES ('reserved', ${values})`);
  const work = Array.from({ length: count }, (_, n) => () => {
    const { callId, runtimeId, at, runId, taskId, agent, role, model, workspace, nusd, tokens, traceId, spanId } = ask(
      `call-${n}`,
    );
    const row = {
      call_id: callId,
      runtime_id: runtimeId,
      at,
      run_id: runId,
      task_id: taskId,
      agent,
      role,
      model,
      workspace,
      reserved_nusd: nusd,
      reserved_tokens: tokens,
      trace_id: traceId,
      span_id: spanId,
    };
    entry.run(row);
    held.run(row);
  });
  const start = performance.now();
  run(db, work);
  const perSecond = (count * 1000) / (performance.now() - start);
  db.close();
  return perSecond;
}
