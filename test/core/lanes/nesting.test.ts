import assert from 'node:assert/strict';
import { Scope } from '../../../src/core/lanes/scope.ts';
import { ask, leaks, limits, scheduler, settle } from '../../support/lanes.ts';

describe('calls from inside calls', () => {
  it('of the same lane run in the slot of the one around them, one at a time', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 } }));
    const outer = ask(lanes);
    const inner = [ask(lanes, { inside: outer }), ask(lanes, { inside: outer })];
    assert.deepEqual([inner.map(({ begun }) => begun), lanes.status().lanes.critic.active], [[true, false], 1]);
    inner[0]?.finish();
    await settle();
    assert.equal(inner[1]?.begun, true);
    inner[1]?.finish();
    await settle();
    outer.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('keep the slot when the call around them has ended first', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 } }));
    const outer = ask(lanes);
    const inner = ask(lanes, { inside: outer });
    const next = ask(lanes);
    outer.finish('outer');
    assert.equal(await outer.promise, 'outer');
    await settle();
    assert.deepEqual([next.begun, lanes.status().lanes.critic.active], [false, 1]);
    inner.finish();
    await settle();
    assert.equal(next.begun, true);
    next.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('of another lane take a slot of their own, before others, also when the global limit is reached', async () => {
    const lanes = scheduler(limits({ global: 1, slots: { file_read: 1 } }));
    const outer = ask(lanes, { lane: 'tool_call' });
    const waiting = ask(lanes, { lane: 'file_read', priority: 'high' });
    const inner = ask(lanes, { lane: 'file_read', inside: outer });
    assert.deepEqual([waiting.begun, inner.begun, lanes.status().global.active], [false, true, 1]);
    inner.finish();
    outer.finish();
    await settle();
    assert.equal(waiting.begun, true);
    waiting.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('return to the slot of an ancestor of their lane', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1, file_read: 1 } }));
    const outer = ask(lanes);
    const middle = ask(lanes, { lane: 'file_read', inside: outer });
    const inner = ask(lanes, { inside: middle });
    assert.equal(inner.begun, true);
    for (const { finish } of [inner, middle, outer]) {
      finish();
      await settle();
    }
    assert.deepEqual(leaks(lanes), []);
  });

  it('that would wait for each other for ever are refused, with the lanes named', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1, file_read: 1 } }));
    const one = ask(lanes);
    const two = ask(lanes, { lane: 'file_read' });
    const waits = ask(lanes, { lane: 'file_read', inside: one });
    assert.equal(waits.begun, false);
    const refused = ask(lanes, { lane: 'critic', inside: two });
    await assert.rejects(refused.promise, { code: 'LANE_CYCLE', message: /file_read.*critic|critic.*file_read/ });
    two.finish();
    await settle();
    assert.equal(waits.begun, true);
    waits.finish();
    one.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('in a ring of three lanes are refused, and a chain that ends is not', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1, file_read: 1, file_write: 1 } }));
    const [a, b, c] = (['critic', 'file_read', 'file_write'] as const).map((lane) => ask(lanes, { lane }));
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    const ab = ask(lanes, { lane: 'file_read', inside: a });
    const bc = ask(lanes, { lane: 'file_write', inside: b });
    await assert.rejects(ask(lanes, { lane: 'critic', inside: c }).promise, { code: 'LANE_CYCLE' });
    c.finish();
    await settle();
    assert.equal(bc.begun, true);
    bc.finish();
    b.finish();
    await settle();
    assert.equal(ab.begun, true);
    ab.finish();
    a.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('are refused once the call around them is over', async () => {
    const lanes = scheduler();
    const outer = ask(lanes);
    const { slot } = outer;
    outer.finish();
    await settle();
    await assert.rejects(
      lanes.run('critic', new Scope({ signal: null }), 'normal', () => 1, slot),
      /from inside one that is over/,
    );
    assert.deepEqual(leaks(lanes), []);
  });

  it('that wait are aborted with their scope, in a lane and in a slot', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1, file_read: 1 } }));
    const controller = new AbortController();
    const scope = new Scope({ signal: controller.signal });
    const outer = ask(lanes);
    const busy = ask(lanes, { inside: outer });
    const other = ask(lanes, { lane: 'file_read' });
    const waiting = [ask(lanes, { inside: outer, scope }), ask(lanes, { lane: 'file_read', inside: outer, scope })];
    controller.abort(new Error('gone'));
    for (const { promise } of waiting) await assert.rejects(promise, /gone/);
    for (const { finish } of [busy, outer, other]) {
      finish();
      await settle();
    }
    assert.deepEqual(leaks(lanes), []);
  });
});
