import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import fc from 'fast-check';
import { startWindowMs } from '../../src/core/policies/admission.ts';
import type { StartRule } from '../../src/core/policies/start-rules.ts';
import { historySchema } from '../../src/storage/migrations/lists.ts';
import type { PlaceRequest } from '../../src/storage/storage.ts';
import { advance, leavePlace, takePlace } from '../../src/storage/writer/run-places.ts';
import { leave as leaveRuntime } from '../../src/storage/writer/runtimes.ts';
import { Bench } from './support/open.ts';

const at = Date.UTC(2026, 10, 26, 12);
const none = { repository: null, workspace: null, agent: null };
const rule = (change: Partial<StartRule>): StartRule => ({
  key: 'policies.repository',
  of: { ...none, repository: '/r' },
  concurrency: null,
  queue: 100,
  startsPerHour: null,
  ...change,
});
const request = (runId: string, rules: readonly StartRule[], change: Partial<PlaceRequest> = {}): PlaceRequest => ({
  runId,
  runtimeId: 'a',
  subject: { repository: '/r', workspace: '/r', agent: 'haios' },
  rules,
  resumed: false,
  ...change,
});

function history(): Database {
  const db = new Sqlite(':memory:');
  for (const migration of historySchema.migrations) db.exec(migration);
  return db;
}

describe('storage: places of runs', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('lets two processes that ask at once never pass the limit together', async () => {
    const one = await bench.storage(bench.fresh());
    const two = await bench.storage(one.databasePath);
    const rules = [rule({ concurrency: 3 })];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 === 0 ? one : two).places.take(request(`run-${n}`, rules, { runtimeId: n % 2 === 0 ? 'a' : 'b' }), at),
      ),
    );
    const kinds = answers.map(({ kind }) => kind);
    assert.deepEqual(
      [kinds.filter((kind) => kind === 'started').length, kinds.filter((kind) => kind === 'queued').length],
      [3, 37],
    );
  });

  it('counts by repository, by agent’s pattern and by workspace', () => {
    const db = history();
    const agents = rule({
      key: 'policies.agents.re*',
      of: { ...none, workspace: '/r/a', agent: 're*' },
      concurrency: 1,
    });
    const of = (agent: string, workspace: string) => ({ subject: { repository: '/r', workspace, agent } });
    const kinds = [
      takePlace(db, request('1', [agents], of('review', '/r/a')), at),
      takePlace(db, request('2', [agents], of('refactor', '/r/a')), at),
      takePlace(db, request('3', [], of('haios', '/r/a')), at),
      // Those that wait have their places counted, whatever it is they wait for: nobody passes them.
      takePlace(db, request('4', [rule({ concurrency: 3 })], of('haios', '/r/b')), at),
      takePlace(db, request('5', [rule({ concurrency: 5 })], of('haios', '/r/b')), at),
    ].map(({ kind }) => kind);
    assert.deepEqual(kinds, ['started', 'queued', 'started', 'queued', 'started']);
  });

  it('names when the next may start: an hour after the one that makes room for it, clock set back or not', () => {
    const db = history();
    const rules = [rule({ startsPerHour: 2 })];
    const take = (runId: string, time: number, resumed = false) =>
      takePlace(db, request(runId, rules, { resumed }), time);
    assert.equal(take('1', at).kind, 'started');
    leavePlace(db, '1');
    assert.equal(take('2', at + 1000).kind, 'started');
    const refused = take('3', at + 2000);
    assert.ok(refused.kind === 'too_many');
    assert.equal(refused.freesAt, at + startWindowMs);
    assert.equal(take('1', at + 2000, true).kind, 'started', 'a resumed run started before');
    assert.equal(take('4', at - 7_200_000).kind, 'too_many', 'a clock that was set back frees nothing');
    assert.equal(take('5', at + startWindowMs - 1).kind, 'too_many');
    assert.equal(take('6', at + startWindowMs).kind, 'started');
  });

  it('puts a run that lost its place in line, because its runtime was taken for dead, at the end of it', () => {
    const db = history();
    const rules = [rule({ concurrency: 1 })];
    const [first, second, third] = ['1', '2', '3'].map((runId) => request(runId, rules, { runtimeId: runId }));
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    for (const one of [first, second, third]) takePlace(db, one, at);
    leaveRuntime(db, '2');
    assert.deepEqual(advance(db, [second], at), []);
    leavePlace(db, '1');
    assert.deepEqual(advance(db, [second], at), []);
    assert.deepEqual(advance(db, [third], at), ['3']);
    leavePlace(db, '3');
    assert.deepEqual(advance(db, [second], at), ['2']);
  });

  it('property: never over a limit, first come first served, never stuck, whatever ends or dies when', () => {
    const repositories = ['/r', '/s'];
    const agents = ['haios', 'review'];
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant('ask' as const),
          who: fc.nat(2),
          repository: fc.nat(1),
          agent: fc.nat(1),
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), who: fc.nat(2) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('look' as const), who: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.nat(40) }) },
    );
    const limits = fc.record({
      concurrency: fc.integer({ min: 1, max: 3 }),
      queue: fc.nat(4),
      perAgent: fc.integer({ min: 1, max: 2 }),
      perHour: fc.option(fc.integer({ min: 3, max: 8 }), { nil: null }),
    });
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 60 }), ({ concurrency, queue, perAgent, perHour }, steps) => {
        const db = history();
        let now = at;
        let count = 0;
        const running: PlaceRequest[] = [];
        let waiting: PlaceRequest[] = [];
        const starts: { readonly request: PlaceRequest; readonly at: number }[] = [];
        const begin = (started: PlaceRequest): void => {
          const { subject } = started;
          const elder = waiting.find((one) => one !== started && twins(one, started));
          assert.ok(elder === undefined || waiting.indexOf(elder) > waiting.indexOf(started), 'out of turn');
          waiting = waiting.filter((one) => one !== started);
          running.push(started);
          starts.push({ request: started, at: now });
          const here = (one: PlaceRequest): boolean => one.subject.repository === subject.repository;
          assert.ok(running.filter(here).length <= concurrency, 'over the repository’s limit');
          const same = running.filter((one) => one.subject.agent === subject.agent).length;
          assert.ok(same <= perAgent, 'over the agent’s limit');
          const recent = starts.filter((one) => here(one.request) && one.at > now - startWindowMs).length;
          assert.ok(perHour === null || recent <= perHour, 'too many starts in an hour');
        };
        const look = (who: number): number => {
          const mine = waiting.filter(({ runtimeId }) => runtimeId === String(who));
          const ids = advance(db, mine, now);
          for (const id of ids) begin(mine.find(({ runId }) => runId === id) ?? assert.fail());
          return ids.length;
        };
        const end = (request: PlaceRequest): void => {
          leavePlace(db, request.runId);
          running.splice(running.indexOf(request), 1);
        };
        for (const one of steps) {
          now += 1;
          switch (one.do) {
            case 'ask': {
              const [repository = '', agent = ''] = [repositories[one.repository], agents[one.agent]];
              const rules = [
                rule({ of: { ...none, repository }, concurrency, queue, startsPerHour: perHour }),
                rule({ key: `policies.agents.${agent}`, of: { ...none, agent }, concurrency: perAgent }),
              ];
              const asked = request(`run-${count++}`, rules, {
                runtimeId: String(one.who),
                subject: { repository, workspace: repository, agent },
              });
              const answer = takePlace(db, asked, now);
              if (answer.kind === 'started') begin(asked);
              if (answer.kind === 'queued') waiting.push(asked);
              break;
            }
            case 'end': {
              const ended = running[one.which % Math.max(1, running.length)];
              if (ended !== undefined) end(ended);
              break;
            }
            case 'cancel': {
              const gone = waiting[one.which % Math.max(1, waiting.length)];
              if (gone === undefined) break;
              leavePlace(db, gone.runId);
              waiting = waiting.filter((other) => other !== gone);
              break;
            }
            case 'die': {
              leaveRuntime(db, String(one.who));
              waiting = waiting.filter(({ runtimeId }) => runtimeId !== String(one.who));
              for (const lost of running.filter(({ runtimeId }) => runtimeId === String(one.who))) end(lost);
              break;
            }
            case 'look':
              look(one.who);
              break;
            case 'wait':
              now += one.minutes * 60_000;
              break;
          }
        }
        // Whoever still waits gets its turn as the others end and the hour passes.
        for (let rounds = 0; waiting.length > 0; rounds += 1) {
          assert.ok(rounds < 200, 'stuck');
          for (const ended of [...running]) end(ended);
          if ([0, 1, 2].reduce((sum, who) => sum + look(who), 0) === 0) now += startWindowMs;
        }
        db.close();
      }),
      { numRuns: 300 },
    );
  });
});

function twins(a: PlaceRequest, b: PlaceRequest): boolean {
  return JSON.stringify(a.subject) === JSON.stringify(b.subject);
}
