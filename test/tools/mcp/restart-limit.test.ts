import assert from 'node:assert/strict';
import { RestartLimit } from '../../../src/tools/mcp/restart-limit.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('how often a tool server is started again', () => {
  it('waits longer after each failure, gives it up after three, and tries once more after a minute', async () => {
    const clock = fakeClock();
    const limit = new RestartLimit(clock);
    assert.deepEqual(limit.wait(), { kind: 'start', ms: 0 });
    limit.failed();
    assert.deepEqual(limit.wait(), { kind: 'start', ms: 500 });
    await clock.advance(200);
    assert.deepEqual(limit.wait(), { kind: 'start', ms: 300 });
    limit.ended(9_999);
    assert.deepEqual(limit.wait(), { kind: 'start', ms: 1000 });
    limit.failed();
    assert.deepEqual(limit.wait(), { kind: 'given_up', ms: 60_000, failures: 3 });
    await clock.advance(59_999);
    assert.equal(limit.wait().kind, 'given_up');
    await clock.advance(1);
    assert.deepEqual(limit.wait(), { kind: 'start', ms: 0 });
    limit.failed();
    assert.equal(limit.wait().kind, 'given_up');
  });

  it('forgets failures when a server lived for ten seconds', () => {
    const limit = new RestartLimit(fakeClock());
    limit.failed();
    limit.failed();
    limit.ended(10_000);
    assert.deepEqual(limit.wait(), { kind: 'start', ms: 0 });
  });
});
