import assert from 'node:assert/strict';
import { Bench, peek } from '../storage/support/open.ts';
import { limit } from '../storage/support/rows.ts';
import { billOf, startBillingProvider } from '../support/billing-provider.ts';
import { startSpender } from '../support/budget-spenders.ts';

const names = ['a', 'b', 'c', 'd'];
const calls = 1000;

describe('four processes that spend one budget at a slow provider', function () {
  this.timeout(300_000);
  const bench = new Bench();
  after(() => bench.end());

  it('1000 calls each, a tenth of them affordable: never above the budget, within one call of its full use, each refusal names it', async () => {
    const ids = names.flatMap((name) => Array.from({ length: calls }, (_, n) => `${name}.all.${n}`));
    const amount = Math.floor(ids.reduce((sum, id) => sum + billOf(id), 0) / 10);
    const shared = limit(amount, { name: 'shared', scope: 'workspace', key: 'all' });
    const provider = await startBillingProvider(60);
    const storage = await bench.storage(bench.fresh());
    const spenders = await Promise.all(names.map((name) => startSpender(storage.databasePath, provider.baseUrl, name)));
    try {
      const done = await Promise.all(spenders.map((spender) => spender.go('all', calls, shared).done));
      const outcomes = done.flatMap((each) => each?.outcomes ?? []);
      assert.equal(outcomes.length, ids.length);
      assert.deepEqual(outcomes.filter(({ type }) => type === 'failed').slice(0, 3), []);

      const settled = outcomes.filter((outcome) => outcome.type === 'settled');
      const spent = settled.reduce((sum, { nusd }) => sum + nusd, 0);
      const asked = Math.max(...outcomes.map((outcome) => outcome.asked));
      assert.ok(spent <= amount, `${spent} of ${amount}`);
      assert.ok(spent > amount - asked, `${spent} of ${amount} leaves room for another call of ${asked}`);
      for (const { nusd, callId, estimated } of settled)
        if (!estimated) assert.equal(nusd, provider.billed.get(callId), callId);
      const broken = settled.filter(({ estimated }) => estimated).length;
      assert.ok(broken < settled.length / 20, `${broken} connections broke`);
      const sent = new Set(settled.map(({ callId }) => callId));
      for (const callId of provider.billed.keys()) assert.ok(sent.has(callId), `${callId} was refused, and sent`);
      assert.deepEqual(provider.twice, []);

      const refused = outcomes.filter(({ type }) => type === 'refused');
      assert.equal(refused.length + settled.length, ids.length);
      for (const outcome of refused) {
        assert.ok(outcome.type === 'refused');
        assert.equal(outcome.budget, 'shared');
        assert.match(outcome.message, /^The workspace budget “shared” of \$.* does not allow this call: \$.* is spent/);
      }
      const [use] = await storage.ledger.use([shared]);
      assert.deepEqual([use?.settled, use?.held], [spent, 0]);
      peek(storage.ledgerPath, (db) => {
        const one = (text: string): unknown => db.prepare(text).pluck().get();
        assert.equal(one('SELECT SUM(usd_nusd) FROM ledger'), spent, 'totals = rows');
        assert.equal(one('SELECT COUNT(*) FROM reservations'), 0);
        assert.equal(one('SELECT COUNT(*) FROM ledger WHERE estimated <> 0'), broken);
        assert.equal(one('PRAGMA integrity_check'), 'ok');
      });
    } finally {
      await Promise.all(spenders.map((spender) => spender.leave()));
      await provider.stop();
    }
  });
});
