import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import fc from 'fast-check';
import type { Ask, LedgerLimit, Settlement } from '../../src/core/ports.ts';
import { isHaiosError } from '../../src/core/errors.ts';
import { noTokens } from '../../src/protocol/rows.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { rollupDifferences } from '../../src/storage/rollups.ts';
import { inTransaction } from '../../src/storage/writer/begin.ts';
import { LedgerBook } from '../../src/storage/writer/ledger-book.ts';
import { ReferenceLedger } from './support/reference-ledger.ts';
import { ask, at } from './support/rows.ts';

const histories = 10_000;

const windows = ['lifetime', 'hour', 'day', 'week'] as const;
const limitSeed = fc.record({
  resource: fc.constantFrom('usd' as const, 'usd' as const, 'tokens' as const),
  target: fc.constantFrom(
    ['user', 'user'] as const,
    ['user', 'user'] as const,
    ['run', 'run-0'] as const,
    ['task', 'task-1'] as const,
    ['workspace', '/w'] as const,
    ['agent', 'work*'] as const,
    ['model', 'gpt-5*'] as const,
    ['model', 'gpt-5-mini'] as const,
    ['call', ''] as const,
  ),
  only: fc.constantFrom({}, {}, { runId: 'run-0' }, { workspace: '/w' }),
  limit: fc.integer({ min: 50, max: 500 }),
  window: fc.constantFrom(...windows),
  age: fc.integer({ min: 0, max: 40 }),
  left: fc.integer({ min: 1, max: 40 }),
  pace: fc.option(fc.record({ allowed: fc.nat(300), perMs: fc.constantFrom(0, 0.3, 7) }), { freq: 3, nil: undefined }),
});
type LimitSeed = typeof limitSeed extends fc.Arbitrary<infer T> ? T : never;
const watchedSeed = { limit: 200, only: {}, left: 9, pace: undefined };
/** Asked after every step, so that their sums are carried along through all of a history. */
const watched: readonly LimitSeed[] = [
  { ...watchedSeed, resource: 'usd', target: ['user', 'user'], window: 'lifetime', age: 0 },
  { ...watchedSeed, resource: 'usd', target: ['user', 'user'], window: 'hour', age: 8 },
  { ...watchedSeed, resource: 'tokens', target: ['model', 'gpt-5*'], window: 'day', age: 25 },
  { ...watchedSeed, resource: 'tokens', target: ['run', 'run-0'], window: 'hour', age: 3 },
];

/** What happens to the process that takes the step: it is undone before its commit, or the process is killed before or after. */
const fate = fc.oneof(
  { weight: 20, arbitrary: fc.constant('done' as const) },
  { weight: 2, arbitrary: fc.constant('undone' as const) },
  { weight: 1, arbitrary: fc.constant('killed before' as const) },
  { weight: 1, arbitrary: fc.constant('killed after' as const) },
);
const one = { by: fc.nat(1), fate };
const call = fc.nat(9);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      ...one,
      run: fc.nat(1),
      task: fc.nat(2),
      model: fc.constantFrom('gpt-5', 'gpt-5-mini', 'local'),
      agent: fc.constantFrom('lead', 'worker-1'),
      workspace: fc.constantFrom('/w', null),
      nusd: fc.nat(120),
      tokens: fc.nat(120),
      limits: fc.array(limitSeed, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('again' as const), ...one, waiter: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sent' as const), ...one, call }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      ...one,
      call,
      nusd: fc.nat(120),
      output: fc.nat(50),
      late: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), ...one, call }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give up' as const), ...one, waiter: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bury' as const), ...one }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('override' as const),
      ...one,
      of: limitSeed,
      limit: fc.nat(800),
      lasts: fc.option(fc.nat(30)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: -5, max: 90_000 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A process: a connection of its own to the one file, and what it remembers. */
class Process {
  readonly #path: string;
  db: Database;
  book: LedgerBook;

  constructor(path: string) {
    this.#path = path;
    this.db = connect(path);
    this.book = new LedgerBook(() => 0);
  }

  restart(): void {
    this.db.close();
    this.db = connect(this.#path);
    this.book = new LedgerBook(() => 0);
  }
}

/** One file for all histories: each begins with empty tables and processes that remember nothing. */
describe('storage: the ledger against a plain reference', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'haios-model-'));
  const path = join(folder, 'ledger.db');
  const setUp = connect(path);
  setUp.pragma('journal_mode = WAL');
  migrate(setUp, ledgerSchema.migrations, path);
  setUp.exec('DROP TRIGGER ledger_keeps');
  const processes = [new Process(path), new Process(path)] as const;

  after(() => {
    for (const { db } of [...processes, { db: setUp }]) db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`decides, waits and sums alike in ${histories} histories of two processes, killed between any two steps`, () => {
    let admitted = 0;
    let waited = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 8, maxLength: 24, size: 'max' }), (steps) => {
        setUp.exec(`DELETE FROM ledger; DELETE FROM reservations; DELETE FROM waiting; DELETE FROM overrides;
          DELETE FROM rollups; DELETE FROM run_totals; UPDATE counters SET value = 0`);
        for (const process of processes) process.book = new LedgerBook(() => 0);
        const reference = new ReferenceLedger();
        const asked = new Map<string, readonly LimitSeed[]>();
        let now = at;
        let calls = 0;
        // Mostly one of the last calls, so that calls are settled more than once, late and after a burial.
        const callOf = (back: number): string => `call-${Math.max(0, calls - 1 - back)}`;
        const limitOf = (seed: LimitSeed): LedgerLimit => ({
          name: `${seed.window} ${seed.target[1]}`,
          resource: seed.resource,
          scope: seed.target[0],
          key: seed.target[1],
          window: seed.window,
          limit: seed.limit,
          since: seed.window === 'lifetime' ? 0 : now - seed.age * (seed.window === 'hour' ? 1 : 9_000),
          until: seed.window === 'day' || seed.window === 'week' ? now + seed.left : null,
          ...seed.only,
          ...(seed.pace !== undefined && { pace: seed.pace }),
        });
        const admit = (book: LedgerBook, db: Database, request: Ask, seeds: readonly LimitSeed[]): (() => void) => {
          const limits = seeds.map(limitOf);
          const answer = book.admit(db, request, limits);
          if (answer.kind === 'admitted')
            for (const [n, used] of book.use(db, limits, request.at).entries())
              if (limits[n]?.scope !== 'call') assert.ok(used.settled + used.held <= used.limit, 'overspent');
          return () => {
            assert.deepEqual(answer, reference.admit(request, limits));
            if (answer.kind === 'admitted') admitted += 1;
            if (answer.kind === 'wait') waited += 1;
          };
        };
        /** Takes the step on the real ledger; returns what it means, for the reference. */
        const take = (each: Exclude<Step, { do: 'wait' }>, { db, book }: Process): (() => void) => {
          switch (each.do) {
            case 'admit': {
              const request = ask(`call-${calls}`, {
                runtimeId: `runtime-${each.by}`,
                runId: `run-${each.run}`,
                taskId: `task-${each.task}`,
                agent: each.agent,
                model: each.model,
                workspace: each.workspace,
                nusd: each.nusd,
                tokens: each.tokens,
                at: now,
              });
              const meant = admit(book, db, request, each.limits);
              return () => {
                calls += 1;
                asked.set(request.callId, each.limits);
                meant();
              };
            }
            case 'again': {
              const waiter = reference.line
                .filter(({ runtimeId }) => runtimeId === `runtime-${each.by}`)
                .at(each.waiter);
              if (waiter === undefined) return nothing;
              return admit(book, db, { ...waiter, at: now }, asked.get(waiter.callId) ?? []);
            }
            case 'sent': {
              const known = succeeds(() => book.sent(db, callOf(each.call), now));
              return () => assert.equal(known, reference.sent(callOf(each.call)));
            }
            case 'settle': {
              const settlement: Settlement = {
                tokens: { ...noTokens, input: 1, output: each.output },
                nusd: each.nusd,
                pricing: 'priced',
                estimated: false,
                rates: [],
                priceSource: null,
                responseModel: null,
                serviceTier: null,
                at: now - each.late,
              };
              const known = succeeds(() => book.settle(db, callOf(each.call), settlement, null));
              return () => assert.equal(known, reference.settle(callOf(each.call), settlement));
            }
            case 'release':
              book.release(db, callOf(each.call), now);
              return () => reference.release(callOf(each.call));
            case 'give up': {
              const waiter = reference.line.at(each.waiter);
              if (waiter === undefined) return nothing;
              book.release(db, waiter.callId, now);
              return () => reference.release(waiter.callId);
            }
            case 'bury': {
              const buriedAt = now;
              book.bury(db, `runtime-${1 - each.by}`, buriedAt);
              return () => reference.bury(`runtime-${1 - each.by}`, buriedAt);
            }
            case 'override': {
              const { name, resource, scope, key, window } = limitOf(each.of);
              const until = each.lasts === null ? null : now + each.lasts;
              const row = { overrideId: `o-${reference.overrides.length}`, at: now, limit: each.limit, until };
              book.override(db, { ...row, name, resource, scope, key, window });
              return () => void reference.overrides.push({ ...row, name, resource, scope, key, window });
            }
          }
        };
        for (const each of steps) {
          if (each.do === 'wait') {
            now += each.ms;
            continue;
          }
          const process = processes[each.by === 0 ? 0 : 1];
          if (each.fate === 'undone' || each.fate === 'killed before') {
            assert.throws(() => inTransaction(process.db, 0, () => undo(take(each, process))), /undone/);
            if (each.fate === 'undone') process.book.forget();
            else process.restart();
          } else {
            inTransaction(process.db, 0, () => take(each, process))();
            if (each.fate === 'killed after') process.restart();
          }
          const other = processes[(calls + each.by) % 2 === 0 ? 0 : 1];
          const limits = watched.map(limitOf);
          assert.deepEqual(
            other.book.use(other.db, limits, now),
            limits.map((limit) => reference.use(limit, now)),
          );
        }
        assert.deepEqual(
          setUp.prepare('SELECT call_id FROM waiting ORDER BY ticket').pluck().all(),
          reference.line.map(({ callId }) => callId),
        );
        assert.deepEqual(
          setUp.prepare('SELECT call_id, state FROM reservations ORDER BY call_id').raw().all(),
          [...reference.calls]
            .filter(([, { held }]) => held !== null)
            .map(([callId, { held }]) => [callId, held])
            .sort(),
        );
        for (const [callId, { settled }] of reference.calls)
          assert.equal(settledOf(setUp, callId), settled?.nusd ?? 0, callId);
        assert.equal(rollupDifferences(setUp), 0);
      }),
      { numRuns: histories },
    );
    assert.ok(admitted > histories && waited > histories / 2, `${admitted} admitted, ${waited} told to wait`);
  });
});

function nothing(): void {}

function undo(_: unknown): never {
  throw new Error('undone');
}

function connect(path: string): Database {
  const db = new Sqlite(path);
  // No crash of the machine is played here, and the commits of all histories would take minutes.
  db.pragma('synchronous = OFF');
  return db;
}

function settledOf(db: Database, callId: string): number {
  return Number(db.prepare('SELECT COALESCE(SUM(usd_nusd), 0) FROM ledger WHERE call_id = ?').pluck().get(callId));
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    assert.ok(isHaiosError(error, 'CALL_NOT_FOUND'), String(error));
    return false;
  }
}
