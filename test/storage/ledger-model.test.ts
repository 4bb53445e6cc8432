import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import fc from 'fast-check';
import type { LedgerLimit, Settlement } from '../../src/core/ports.ts';
import { isHaiosError } from '../../src/core/errors.ts';
import { noTokens } from '../../src/protocol/rows.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { inTransaction } from '../../src/storage/writer/begin.ts';
import { LedgerBook } from '../../src/storage/writer/ledger-book.ts';
import { ReferenceLedger } from './support/reference-ledger.ts';
import { ask, at } from './support/rows.ts';

const windows = ['lifetime', 'hour', 'day', 'week'] as const;
const limits = fc.record({
  resource: fc.constantFrom('usd' as const, 'tokens' as const),
  target: fc.constantFrom(
    ['user', 'user'] as const,
    ['run', 'run-0'] as const,
    ['run', 'run-1'] as const,
    ['task', 'task-1'] as const,
    ['workspace', '/w'] as const,
    ['model', 'gpt-5*'] as const,
    ['model', 'gpt-5-mini'] as const,
    ['call', ''] as const,
  ),
  limit: fc.integer({ min: 50, max: 2000 }),
  window: fc.constantFrom(...windows),
  age: fc.integer({ min: 0, max: 40 }),
});
type LimitSeed = typeof limits extends fc.Arbitrary<infer T> ? T : never;
/** Asked after every step, so that their sums are carried along through all of a history. */
const watched: readonly LimitSeed[] = [
  { resource: 'usd', target: ['user', 'user'], limit: 1, window: 'lifetime', age: 0 },
  { resource: 'usd', target: ['user', 'user'], limit: 1, window: 'hour', age: 8 },
  { resource: 'tokens', target: ['model', 'gpt-5*'], limit: 1, window: 'day', age: 25 },
  { resource: 'tokens', target: ['run', 'run-0'], limit: 1, window: 'hour', age: 3 },
];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      run: fc.nat(1),
      task: fc.nat(2),
      runtime: fc.nat(1),
      model: fc.constantFrom('gpt-5', 'gpt-5-mini', 'local'),
      workspace: fc.constantFrom('/w', null),
      nusd: fc.nat(120),
      tokens: fc.nat(120),
      limits: fc.array(limits, { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sent' as const), call: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      call: fc.nat(9),
      nusd: fc.nat(120),
      output: fc.nat(50),
      late: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), call: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bury' as const), runtime: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), by: fc.integer({ min: -5, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rollback' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('use' as const), limits: fc.array(limits, { maxLength: 4 }) }) },
);

describe('storage: the ledger against a plain reference', () => {
  it('decides and sums alike over 300 random histories, rolled back transactions and moving windows included', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), (steps) => {
        const db = new Sqlite(':memory:');
        migrate(db, ledgerSchema.migrations, ':memory:');
        const book = new LedgerBook();
        const reference = new ReferenceLedger();
        let now = at;
        let calls = 0;
        // Mostly one of the last calls, so that calls are settled more than once, late and after a burial.
        const callOf = (back: number): string => `call-${Math.max(0, calls - 1 - back)}`;
        const limitOf = (seed: LimitSeed): LedgerLimit => ({
          name: 'limit',
          resource: seed.resource,
          scope: seed.target[0],
          key: seed.target[1],
          window: seed.window,
          limit: seed.limit,
          since: seed.window === 'lifetime' ? 0 : now - seed.age,
          until: null,
        });
        try {
          for (const each of steps) {
            inTransaction(db, 0, () => {
              switch (each.do) {
                case 'admit': {
                  const asked = ask(`call-${calls}`, {
                    runtimeId: `runtime-${each.runtime}`,
                    runId: `run-${each.run}`,
                    taskId: `task-${each.task}`,
                    model: each.model,
                    workspace: each.workspace,
                    nusd: each.nusd,
                    tokens: each.tokens,
                    at: now,
                  });
                  const given = each.limits.map(limitOf);
                  const answer = book.admit(db, asked, given);
                  assert.deepEqual(answer, reference.admit(asked, given));
                  if (answer.kind === 'admitted') calls += 1;
                  return;
                }
                case 'sent':
                  assert.equal(
                    succeeds(() => book.sent(db, callOf(each.call), now)),
                    reference.sent(callOf(each.call)),
                  );
                  return;
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
                  const known = reference.settle(callOf(each.call), settlement);
                  assert.equal(
                    succeeds(() => book.settle(db, callOf(each.call), settlement, null)),
                    known,
                  );
                  return;
                }
                case 'release':
                  book.release(db, callOf(each.call), now);
                  reference.release(callOf(each.call));
                  return;
                case 'bury':
                  book.bury(db, `runtime-${each.runtime}`, Number.MAX_SAFE_INTEGER);
                  reference.bury(`runtime-${each.runtime}`);
                  return;
                case 'wait':
                  now += each.by;
                  return;
                case 'use':
                case 'rollback':
                  return;
              }
            });
            if (each.do === 'rollback')
              rolledBack(
                () =>
                  inTransaction(db, 0, () => {
                    book.admit(db, ask('never', { at: now }), []);
                    book.settle(
                      db,
                      'never',
                      {
                        tokens: noTokens,
                        nusd: 99,
                        pricing: 'priced',
                        estimated: false,
                        rates: [],
                        priceSource: null,
                        responseModel: null,
                        serviceTier: null,
                        at: now,
                      },
                      null,
                    );
                    book.use(
                      db,
                      [limitOf({ resource: 'usd', target: ['user', 'user'], limit: 1, window: 'lifetime', age: 0 })],
                      now,
                    );
                    throw new Error('rolled back');
                  }),
                book,
              );
            // Not after a rollback: what it left behind must not show up later either.
            if (each.do === 'rollback') continue;
            const given = [...watched, ...(each.do === 'use' ? each.limits : [])].map(limitOf);
            assert.deepEqual(
              book.use(db, given, now),
              given.map((limit) => reference.use(limit)),
            );
          }
          for (const [callId, call] of reference.calls)
            assert.equal(settledOf(db, callId), call.settled?.nusd ?? 0, callId);
        } finally {
          db.close();
        }
      }),
      { numRuns: 300 },
    );
  });
});

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

function rolledBack(work: () => void, book: LedgerBook): void {
  assert.throws(work, /rolled back/);
  book.forget();
}
