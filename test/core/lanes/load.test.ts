import assert from 'node:assert/strict';
import { LoadControl } from '../../../src/core/lanes/load.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ask, limits, scheduler } from '../../support/lanes.ts';

const overload = { status: 429, retryAfterMs: null };

function setUp(slots = 8) {
  const clock = fakeClock();
  const lanes = scheduler(limits({ slots: { model_call: slots } }));
  const load = new LoadControl('model_call', lanes, clock, () => 1);
  return { clock, lanes, load, limit: () => lanes.status().lanes.model_call.limit };
}

describe('LoadControl', () => {
  it('halves the slots with each sign of overload, one burst being one sign, never below one', async () => {
    const { clock, load, limit } = setUp();
    for (let n = 0; n < 5; n++) load.overloaded(overload);
    assert.equal(limit(), 4);
    await clock.advance(1000);
    load.overloaded(overload);
    assert.equal(limit(), 2);
    assert.deepEqual(load.view(), { reason: '2 of 8 slots: the provider answered 429', until: null });
  });

  it('gives one slot back with each round of successes, and forgets when all are back', async () => {
    const { clock, load, limit } = setUp(4);
    load.overloaded(overload);
    await clock.advance(1000);
    load.overloaded(overload);
    assert.equal(limit(), 1);
    const seen = [1, 2, 3, 4, 5, 6].map(() => (load.succeeded(), limit()));
    assert.deepEqual(seen, [2, 2, 3, 3, 3, 4]);
    assert.equal(load.view(), null);
  });

  it('starts nothing before the time that the provider asks for, then goes on', async () => {
    const { clock, lanes, load } = setUp();
    load.overloaded({ status: 429, retryAfterMs: 12_000 });
    const waiting = ask(lanes, { lane: 'model_call' });
    assert.deepEqual([waiting.begun, load.view()?.until], [false, clock.now() + 12_000]);
    await clock.advance(11_999);
    assert.equal(waiting.begun, false);
    await clock.advance(1);
    assert.deepEqual([waiting.begun, load.view()?.until], [true, null]);
  });

  it('rests longer and longer on sustained overload, to a bound, and less with jitter', async () => {
    const { clock, load } = setUp(2);
    const rests: number[] = [];
    for (let n = 0; n < 10; n++) {
      load.overloaded(overload);
      const until = load.view()?.until ?? null;
      rests.push(until === null ? 0 : until - clock.now());
      await clock.advance(Math.max(1000, rests.at(-1) ?? 0));
    }
    assert.deepEqual(rests, [0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    const jittered = setUp(2);
    const low = new LoadControl('model_call', jittered.lanes, jittered.clock, () => 0);
    for (let n = 0; n < 3; n++) {
      low.overloaded(overload);
      await jittered.clock.advance(n < 2 ? 1000 : 0);
    }
    assert.equal((low.view()?.until ?? 0) - jittered.clock.now(), 500);
  });

  it('believes no provider that asks for an hour', () => {
    const { clock, load } = setUp();
    load.overloaded({ status: 503, retryAfterMs: 3_600_000 });
    assert.equal((load.view()?.until ?? 0) - clock.now(), 300_000);
  });

  it('switched off gives everything back and stays out of it', () => {
    const { clock, load, limit } = setUp();
    load.overloaded({ status: 429, retryAfterMs: 5000 });
    assert.equal(limit(), 0);
    load.enabled = false;
    assert.deepEqual([limit(), load.view(), clock.pending()], [8, null, 0]);
    load.overloaded(overload);
    assert.equal(limit(), 8);
  });

  it('is not fooled by a wall clock that jumps', async () => {
    const { clock, lanes, load } = setUp();
    load.overloaded({ status: 429, retryAfterMs: 5000 });
    clock.setWall(clock.now() - 3_600_000);
    const waiting = ask(lanes, { lane: 'model_call' });
    await clock.advance(5000);
    assert.equal(waiting.begun, true);
  });
});
