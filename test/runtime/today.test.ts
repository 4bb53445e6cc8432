import assert from 'node:assert/strict';
import { noTokens } from '../../src/protocol/rows.ts';
import { Today } from '../../src/runtime/today.ts';
import { Bench } from '../storage/support/open.ts';
import { ask, at, settlement } from '../storage/support/rows.ts';
import { fakeClock } from '../support/fake-clock.ts';

describe('runtime: today', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('counts the calls without a known price, in the ledger and as they are settled', async () => {
    const { ledger, reader } = await bench.storage(bench.fresh());
    await ledger.admit(ask('priced'), []);
    await ledger.settle('priced', settlement(70));
    await ledger.admit(ask('unpriced'), []);
    await ledger.settle('unpriced', settlement(0, { pricing: 'unpriced' }));
    const today = new Today(reader, fakeClock(at + 1000));
    await today.read();
    const { nusd, unpricedCalls } = today.view();
    assert.deepEqual({ nusd, unpricedCalls }, { nusd: 70, unpricedCalls: 1 });
    for (const pricing of ['unpriced', 'priced'] as const) {
      today.observe({
        type: 'call_settled',
        callId: pricing,
        agent: 'default',
        model: 'a',
        role: 'executor',
        tokens: noTokens,
        nusd: 0,
        pricing,
        estimated: true,
        overrun: { nusd: 0, tokens: 0 },
      });
    }
    assert.equal(today.view().unpricedCalls, 2);
  });
});
