import assert from 'node:assert/strict';
import type { LedgerLimit } from '../../src/core/ports.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { Bench, peek } from '../storage/support/open.ts';
import { limit } from '../storage/support/rows.ts';
import { billOf, startBillingProvider, type BillingProvider } from '../support/billing-provider.ts';
import { startSpender, type Outcome, type Spender } from '../support/budget-spenders.ts';
import { until } from '../support/runtime.ts';

/** How often one of the four is killed; the closing run of an issue takes 100. */
const kills = Number(process.env['HAIOS_TEST_KILLS'] ?? 8);
const calls = 60;
/** A heartbeat that stands still for so long is a dead runtime's (household.ts), and a round of judging after it. */
const heartbeatMs = 15_000 + 5_000;

interface Call {
  readonly callId: string;
  readonly runtimeId: string;
  readonly entry: string;
  readonly nusd: number;
  readonly estimated: number;
}

describe('kill -9 of one of four processes that spend one budget', function () {
  this.timeout(60_000 + kills * 60_000);
  const bench = new Bench();
  after(() => bench.end());

  it(`trap: a living runtime's reservations are touched: only what the dead left is mended, and no cost is lost (${kills} times)`, async () => {
    const provider = await startBillingProvider(60);
    const storage = await bench.storage(bench.fresh());
    let count = 0;
    const start = (): Promise<Spender> => startSpender(storage.databasePath, provider.baseUrl, `runtime-${++count}`);
    const four = await Promise.all([start(), start(), start(), start()]);
    const figures = { kills: 0, released: 0, inFull: 0, longestMs: 0 };
    /** From the first reservation of a round to its end, as the last rounds took. */
    let usualMs = 300;
    try {
      for (let n = 0; figures.kills < kills; n += 1) {
        assert.ok(n < kills * 5, 'the rounds end before a kill comes');
        const round = `round-${n}`;
        const shared = roundLimit(round, four);
        const rounds = four.map((spender) => spender.go(round, calls, shared));
        await Promise.race(rounds.map(({ reserved }) => reserved));
        const since = performance.now();
        const place = Math.floor(Math.random() * four.length);
        const victim = four[place] as Spender;
        let ended = false;
        void rounds[place]?.done.then(() => (ended = true));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * usualMs));
        const alive = !ended;
        if (alive) {
          const isOpen = openCalls(storage, victim) > 0;
          await victim.kill();
          figures.kills += 1;
          const killedAt = performance.now();
          await until(`nothing of ${victim.runtimeId} is held`, () => openCalls(storage, victim) === 0, heartbeatMs);
          if (isOpen) figures.longestMs = Math.max(figures.longestMs, performance.now() - killedAt);
        }
        const next = alive ? start() : victim;
        const outcomes = (await Promise.all(rounds.map(({ done }) => done))).flatMap((done) => done?.outcomes ?? []);
        const endedAt = performance.now();
        four[place] = await next;
        usualMs = Math.min(20_000, Math.max(100, alive ? endedAt - since : usualMs * 0.8));
        const mended = await checkRound(storage, provider, shared, outcomes, alive ? victim : null);
        figures.released += mended.released;
        figures.inFull += mended.inFull;
      }
      assert.deepEqual(provider.twice, []);
    } finally {
      await Promise.all(four.map((spender) => spender.leave()));
      await provider.stop();
    }
    console.log(
      `      ${figures.kills} kills: ${figures.released} reservations released, ${figures.inFull} settled in full, the dead held for ${Math.round(figures.longestMs)} ms at most`,
    );
  });
});

/** A budget of its own for each round: four tenths of what its calls will cost. */
function roundLimit(round: string, four: readonly Spender[]): LedgerLimit {
  const ids = four.flatMap(({ runtimeId }) => Array.from({ length: calls }, (_, n) => `${runtimeId}.${round}.${n}`));
  const amount = Math.floor(ids.reduce((sum, id) => sum + billOf(id), 0) * 0.4);
  return limit(amount, { name: 'shared', scope: 'workspace', key: round });
}

async function checkRound(
  storage: Storage,
  provider: BillingProvider,
  shared: LedgerLimit,
  outcomes: readonly Outcome[],
  victim: Spender | null,
): Promise<{ released: number; inFull: number }> {
  const book = callsOf(storage, shared.key);
  const of = (callId: string): readonly Call[] => book.filter((entry) => entry.callId === callId);
  const net = (callId: string): number => of(callId).reduce((sum, { nusd }) => sum + nusd, 0);

  // The living: what they were told is what stands in the book, and nobody else wrote there.
  assert.deepEqual(outcomes.filter(({ type }) => type === 'failed').slice(0, 3), []);
  const known = new Map(outcomes.map((outcome) => [outcome.callId, outcome]));
  for (const outcome of outcomes) {
    const entries = of(outcome.callId).map(({ entry }) => entry);
    if (outcome.type === 'settled') {
      assert.deepEqual(entries, ['reserve', 'sent', 'settle'], outcome.callId);
      assert.equal(net(outcome.callId), outcome.nusd);
      if (!outcome.estimated) assert.equal(outcome.nusd, provider.billed.get(outcome.callId));
      continue;
    }
    assert.ok(outcome.type === 'refused' && outcome.budget === 'shared', outcome.type);
    assert.deepEqual(entries, [], 'what was refused was never held');
    assert.equal(provider.billed.has(outcome.callId), false);
  }
  // The dead: all that it held was given back, what it had not sent released, what it had sent settled in full at least.
  let released = 0;
  let inFull = 0;
  for (const callId of new Set(book.map((entry) => entry.callId))) {
    const billed = provider.billed.get(callId) ?? 0;
    assert.ok(net(callId) >= billed, `${callId} was served for ${billed} and is settled at ${net(callId)}`);
    if (known.has(callId)) continue;
    assert.equal(of(callId)[0]?.runtimeId, victim?.runtimeId, callId);
    const last = of(callId).at(-1);
    assert.ok(last?.entry === 'settle' || last?.entry === 'release', `${callId} ended with ${last?.entry}`);
    if (last.entry === 'release') {
      assert.equal(provider.billed.has(callId), false, `${callId} was sent and released`);
      released += 1;
    } else if (last.estimated === 1) inFull += 1;
    else assert.equal(net(callId), billed);
  }
  for (const callId of provider.billed.keys())
    if (callId.includes(`.${shared.key}.`)) assert.notEqual(of(callId).length, 0, `${callId} is in no book`);

  const spent = book.reduce((sum, { nusd }) => sum + nusd, 0);
  const [use] = await storage.ledger.use([shared]);
  assert.deepEqual([use?.settled, use?.held], [spent, 0], 'totals = rows');
  assert.ok(spent <= shared.limit, `${spent} of ${shared.limit}`);
  const asked = Math.max(...outcomes.map((outcome) => outcome.asked));
  if (outcomes.some(({ type }) => type === 'refused')) assert.ok(spent + asked > shared.limit, 'refused too early');
  return { released, inFull };
}

function callsOf({ ledgerPath }: Storage, workspace: string): readonly Call[] {
  return peek(
    ledgerPath,
    (db) =>
      db
        .prepare(
          `SELECT call_id AS callId, runtime_id AS runtimeId, entry, usd_nusd AS nusd, estimated FROM ledger
           WHERE workspace = ? ORDER BY entry_id`,
        )
        .all(workspace) as Call[],
  );
}

function openCalls({ ledgerPath }: Storage, { runtimeId }: Spender): number {
  return peek(ledgerPath, (db) =>
    Number(db.prepare('SELECT COUNT(*) FROM reservations WHERE runtime_id = ?').pluck().get(runtimeId)),
  );
}
