import assert from 'node:assert/strict';
import { ask, leaks, limits, scheduler, settle } from '../../support/lanes.ts';

const lends = limits({ rebalance: true, slots: { critic: 2, file_read: 4, model_call: 1 }, maximum: { critic: 4 } });

describe('lending between lanes', () => {
  it('a busy lane borrows from idle ones, up to its maximum, and the sum of slots stays', async () => {
    const lanes = scheduler(lends);
    const sum = (): number => Object.values(lanes.status().lanes).reduce((all, { limit }) => all + limit, 0);
    const before = sum();
    const work = Array.from({ length: 6 }, () => ask(lanes));
    const { critic } = lanes.status().lanes;
    assert.deepEqual([critic.active, critic.limit, critic.borrowed, critic.queued.normal], [4, 4, 2, 2]);
    assert.equal(sum(), before);
    for (const { finish } of work) finish();
    await settle();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('a lender gets its slot back with the next call of the borrower that ends', async () => {
    const lanes = scheduler(
      limits({ ...lends, lanes: { ...lends.lanes, tool_call: 1, file_write: 1, forecast_model: 1 } }),
    );
    const borrowers = Array.from({ length: 6 }, () => ask(lanes));
    assert.equal(lanes.status().lanes.file_read.borrowed, -2);
    const readers = Array.from({ length: 4 }, () => ask(lanes, { lane: 'file_read' }));
    assert.deepEqual(
      readers.map(({ begun }) => begun),
      [true, true, false, false],
    );
    borrowers[0]?.finish();
    await settle();
    assert.deepEqual(
      readers.map(({ begun }) => begun),
      [true, true, true, false],
    );
    borrowers[1]?.finish();
    await settle();
    assert.deepEqual(
      readers.map(({ begun }) => begun),
      [true, true, true, true],
    );
    assert.equal(borrowers[4]?.begun, false);
    for (const { finish } of [...borrowers, ...readers]) finish();
    await settle();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('nothing is lent when it is switched off, by lanes with one slot, or beyond the global limit', async () => {
    const off = scheduler(limits({ ...lends, rebalance: false }));
    for (let n = 0; n < 4; n++) ask(off);
    assert.equal(off.status().lanes.critic.active, 2);
    const single = scheduler(
      limits({
        ...lends,
        lanes: { critic: 1, file_read: 1, file_write: 1, forecast_model: 1, model_call: 1, tool_call: 1 },
      }),
    );
    for (let n = 0; n < 4; n++) ask(single);
    assert.equal(single.status().lanes.critic.active, 1);
    const narrow = scheduler(limits({ ...lends, global: 3 }));
    for (let n = 0; n < 4; n++) ask(narrow);
    assert.equal(narrow.status().lanes.critic.active, 3);
  });

  it('switched off while slots are lent, they go back as calls end', async () => {
    const lanes = scheduler(lends);
    const work = Array.from({ length: 6 }, () => ask(lanes));
    lanes.setLimits(limits({ ...lends, rebalance: false }));
    work[0]?.finish();
    await settle();
    work[1]?.finish();
    await settle();
    const { critic } = lanes.status().lanes;
    assert.deepEqual([critic.active, critic.borrowed], [2, 0]);
    for (const { finish } of work) finish();
    await settle();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });
});
