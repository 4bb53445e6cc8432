import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import type { Admission, LedgerLimit } from '../../src/core/ports.ts';
import type { OverrideRow } from '../../src/protocol/rows.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { LedgerBook } from '../../src/storage/writer/ledger-book.ts';
import { placeLifeMs } from '../../src/storage/writer/places.ts';
import { ask, at, limit, settlement, use } from './support/rows.ts';

const nusd = 100;

describe('storage: the line of calls that wait', () => {
  let now = 0;
  let db: Database;
  let first: LedgerBook;
  let second: LedgerBook;

  beforeEach(() => {
    now = 0;
    db = new Sqlite(':memory:');
    migrate(db, ledgerSchema.migrations, ':memory:');
    first = new LedgerBook(() => now);
    second = new LedgerBook(() => now);
  });
  afterEach(() => db.close());

  const kinds = (book: LedgerBook, ...calls: readonly [string, number][]): readonly Admission['kind'][] =>
    calls.map(([callId, amount]) => book.admit(db, ask(callId, { nusd: amount }), [limit(100)]).kind);
  /** Time goes on in steps, as it does while somebody asks; the lines of both processes see it. */
  const pass = (ms: number, each: () => void): void => {
    for (let end = now + ms; now < end; now += 500) each();
  };

  it('lets nobody take what an earlier call waits for, in whatever process, and shows no place as held', () => {
    assert.deepEqual(kinds(first, ['holder', 90], ['early', 50]), ['admitted', 'wait']);
    assert.deepEqual(kinds(second, ['late', 10]), ['wait'], 'there is room, but it is waited for');
    assert.deepEqual(second.use(db, [limit(nusd)], at), [use(0, 90, 100)]);
    first.settle(db, 'holder', settlement(20), null);
    assert.deepEqual(
      kinds(second, ['late', 10], ['large', 40]),
      ['admitted', 'wait'],
      'room for both and for one more',
    );
    assert.deepEqual(kinds(first, ['early', 50]), ['admitted']);
  });

  it('gives a place up when it is released, refused, buried or admitted', () => {
    assert.deepEqual(kinds(first, ['holder', 90], ['a', 50]), ['admitted', 'wait']);
    assert.deepEqual(kinds(second, ['b', 10]), ['wait']);
    first.release(db, 'a', at);
    assert.deepEqual(kinds(second, ['b', 10]), ['admitted']);
    second.release(db, 'b', at);

    assert.deepEqual(kinds(first, ['a', 60]), ['wait']);
    first.settle(db, 'holder', settlement(50), null);
    assert.deepEqual(kinds(first, ['a', 60]), ['refused']);
    assert.deepEqual(kinds(second, ['b', 50]), ['admitted']);

    first.admit(db, ask('dead', { nusd: 50, runtimeId: 'dead' }), [limit(100)]);
    second.settle(db, 'b', settlement(0), null);
    assert.deepEqual(kinds(second, ['c', 1]), ['wait']);
    second.bury(db, 'dead', at);
    assert.deepEqual(kinds(second, ['c', 1]), ['admitted']);
  });

  it('holds up nobody for ever: who stops asking loses its place, who asks again keeps it', () => {
    assert.deepEqual(kinds(first, ['holder', 90], ['gone', 50], ['asks', 40]), ['admitted', 'wait', 'wait']);
    assert.deepEqual(kinds(second, ['late', 10]), ['wait']);
    pass(placeLifeMs + 500, () => {
      kinds(first, ['asks', 40]);
      kinds(second, ['late', 10]);
    });
    first.settle(db, 'holder', settlement(50), null);
    assert.deepEqual(kinds(second, ['late', 11]), ['wait'], '“asks” is still before it');
    assert.deepEqual(kinds(second, ['late', 10]), ['admitted'], '“gone” is not');
    assert.deepEqual(kinds(first, ['asks', 40]), ['admitted']);
  });

  it('does not take others for gone because this process stood still', () => {
    assert.deepEqual(kinds(first, ['holder', 90], ['early', 50]), ['admitted', 'wait']);
    assert.deepEqual(kinds(second, ['late', 10]), ['wait']);
    now += 3_600_000;
    assert.deepEqual(kinds(second, ['late', 10]), ['wait']);
  });

  it('says when a call fits by itself: the window ends, enough has left the hour, or the pace allows it', () => {
    const freesAt = (of: LedgerLimit, callId = 'asks', amount = nusd): number | null => {
      const answer = first.admit(db, ask(callId, { nusd: amount }), [of]);
      assert.notEqual(answer.kind, 'admitted');
      return answer.kind === 'admitted' ? null : answer.use.freesAt;
    };
    for (const [callId, ago] of [
      ['a', 3_000_000],
      ['b', 2_000_000],
      ['c', 1_000],
    ] as const) {
      first.admit(db, ask(callId, { nusd: 40 }), []);
      first.settle(db, callId, settlement(40, { at: at - ago }), null);
    }
    const day = limit(150, { window: 'day', since: at - 3_600_000, until: at + 77 });
    assert.equal(freesAt(day), at + 77);
    assert.equal(freesAt({ ...day, limit: 99 }), null, 'it never fits');
    assert.equal(freesAt(limit(150)), null, 'a lifetime does not end');
    const hour = limit(150, { window: 'hour', since: at - 3_600_000 });
    assert.equal(freesAt(hour), at - 2_000_000 + 3_600_001, '“a” and “b” must leave');
    assert.equal(freesAt({ ...hour, limit: 219 }), at - 3_000_000 + 3_600_001);
    assert.equal(freesAt({ ...hour, limit: 99 }), null);
    const paced = limit(1_000, { pace: { allowed: 190, perMs: 0.5 } });
    assert.equal(freesAt(paced), at + (120 + nusd - 190) * 2);
    assert.equal(freesAt({ ...paced, pace: { allowed: 190, perMs: 0 } }), null);
    first.release(db, 'asks', at);
    assert.equal(first.admit(db, ask('small', { nusd: 70 }), [paced]).kind, 'admitted');
  });

  it('puts a person’s limit in the place of a budget’s own, the last one and until its end', () => {
    const day = limit(100, { name: 'day', window: 'day', since: at - 9, until: at + 1_000 });
    const row = (overrideId: string, amount: number, until: number | null): OverrideRow => ({
      overrideId,
      at,
      name: 'day',
      resource: 'usd',
      scope: 'user',
      key: 'user',
      window: 'day',
      limit: amount,
      until,
    });
    const decide = (callId: string, amount: number, when = at): Admission =>
      second.admit(db, ask(callId, { nusd: amount, at: when }), [day]);
    assert.equal(decide('a', 150).kind, 'refused');
    first.override(db, row('1', 200, null));
    first.override(db, row('1', 999, null));
    first.override(db, row('2', 160, at + 10));
    const raised = decide('a', 170);
    assert.deepEqual(raised.kind === 'refused' && raised.use, use(0, 0, 160, { override: row('2', 160, at + 10) }));
    assert.equal(decide('b', 150, at + 10).kind, 'refused', 'its time is over, and the one before does not come back');
    assert.equal(decide('c', 150, at + 9).kind, 'admitted');
    // Another budget of the same name is another budget.
    assert.equal(
      second.admit(db, ask('d', { nusd: 150 }), [{ ...day, scope: 'workspace', key: '/w' }]).kind,
      'refused',
    );
    first.override(db, row('3', 50, at + 500));
    second.release(db, 'c', at);
    const lowered = decide('e', 60);
    assert.equal(lowered.kind === 'refused' && lowered.use.freesAt, at + 500, 'the lowered limit ends before the day');
  });
});
