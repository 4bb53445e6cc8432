import assert from 'node:assert/strict';
import { laneNames, priorities } from '../../../src/catalogue/lanes.ts';
import type { Slot } from '../../../src/core/lanes/call.ts';
import { Scope } from '../../../src/core/lanes/scope.ts';
import { anybody, ask, leaks, limits, scheduler, settle } from '../../support/lanes.ts';

describe('Scheduler', () => {
  it('lets in as many as a lane has slots, and hands a slot straight to the next', async () => {
    const lanes = scheduler();
    const work = [0, 1, 2, 3, 4].map(() => ask(lanes));
    assert.deepEqual(
      work.map(({ begun }) => begun),
      [true, true, true, false, false],
    );
    work[1]?.finish();
    await settle();
    assert.deepEqual(
      work.map(({ begun }) => begun),
      [true, true, true, true, false],
    );
    assert.equal(lanes.status().lanes.critic.active, 3);
    for (const { finish } of work) finish();
    await settle();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('keeps every limit at every instant under 1,000 calls at once over mixed lanes', async () => {
    const lanes = scheduler(limits({ rebalance: true, maximum: { tool_call: 16, file_read: 24, critic: 6 } }));
    const passed: string[] = [];
    const most = { global: 0, tool_call: 0 };
    const scopes = Array.from({ length: 20 }, anybody);
    const job = async (slot: Slot): Promise<void> => {
      const { global, lanes: now } = lanes.status();
      const lane = now[slot.laneName];
      if (lane.active > lane.limit || lane.limit > lane.maximum) passed.push(`${slot.laneName}: ${lane.active}`);
      if (global.active > global.limit) passed.push(`global: ${global.active}`);
      most.global = Math.max(most.global, global.active);
      most.tool_call = Math.max(most.tool_call, now.tool_call.active);
      await settle();
    };
    const work = Array.from({ length: 1000 }, (_, n) => {
      const lane = laneNames[n % laneNames.length] ?? 'critic';
      return lanes.run(lane, scopes[n % scopes.length] ?? anybody(), priorities[n % 3] ?? 'normal', job);
    });
    await Promise.all(work);
    assert.deepEqual([passed, leaks(lanes), most.global], [[], [], 32]);
    assert.ok(most.tool_call > 8, 'nothing was borrowed');
  });

  it('settles as the job does', async () => {
    const lanes = scheduler();
    assert.equal(await lanes.run('critic', anybody(), 'normal', () => Promise.resolve(7)), 7);
    assert.equal(await lanes.run('critic', anybody(), 'normal', () => 8), 8);
    await assert.rejects(
      lanes.run('critic', anybody(), 'normal', () => Promise.reject(new Error('no'))),
      /no/,
    );
  });

  it('keeps the global limit over lanes, and lets the lanes take turns', async () => {
    const lanes = scheduler(limits({ global: 2 }));
    const order: string[] = [];
    const work = (['tool_call', 'tool_call', 'tool_call', 'critic', 'file_read', 'tool_call', 'critic'] as const).map(
      (lane) => ask(lanes, { lane, onBegin: () => order.push(lane) }),
    );
    for (const { finish } of work) {
      assert.ok(lanes.status().global.active <= 2);
      finish();
      await settle();
    }
    assert.equal(order.length, 7);
    assert.ok(order.indexOf('critic') < 5 && order.indexOf('file_read') < 5, order.join(' '));
    assert.deepEqual(leaks(lanes), []);
  });

  it('prefers high over normal over low', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 } }));
    const order: string[] = [];
    const first = ask(lanes);
    const work = (['low', 'normal', 'high'] as const).map((priority) =>
      ask(lanes, { priority, onBegin: () => order.push(priority) }),
    );
    for (const { finish } of [first, ...work.toReversed()]) {
      finish();
      await settle();
    }
    assert.deepEqual(order, ['high', 'normal', 'low']);
  });

  it('shares a lane fairly between runs: one with many calls does not lock out the next', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 }, queue: 20_000 }));
    const greedy = anybody();
    const order: string[] = [];
    const job = (name: string) => () => {
      order.push(name);
      return Promise.resolve();
    };
    const first = ask(lanes);
    for (let n = 0; n < 10_000; n++) void lanes.run('critic', greedy, 'normal', job('greedy'));
    const modest = anybody();
    for (let n = 0; n < 3; n++) void lanes.run('critic', modest, 'normal', job('modest'));
    first.finish();
    await lanes.drain('critic');
    assert.deepEqual(order.slice(0, 6), ['greedy', 'modest', 'greedy', 'modest', 'greedy', 'modest']);
    assert.equal(order.length, 10_003);
  });

  it('takes an aborted call out of the queue at once, with the reason', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 } }));
    const holder = ask(lanes);
    const controller = new AbortController();
    const scope = new Scope({ signal: controller.signal });
    const waiting = ask(lanes, { scope });
    const other = ask(lanes);
    controller.abort(new Error('a person stopped it'));
    assert.equal(lanes.status().lanes.critic.queued.normal, 1);
    await assert.rejects(waiting.promise, /a person stopped it/);
    await assert.rejects(ask(lanes, { scope }).promise, /a person stopped it/);
    holder.finish();
    await settle();
    assert.deepEqual([waiting.begun, other.begun], [false, true]);
    other.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('refuses with the length of the queue when it is full', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 }, queue: 2 }));
    const work = [ask(lanes), ask(lanes), ask(lanes)];
    await assert.rejects(ask(lanes).promise, { code: 'QUEUE_FULL', message: /^2 calls already wait in lane “critic”/ });
    for (const { finish } of work) finish();
    await lanes.drain('critic');
  });

  it('takes changed limits while calls run: more start at once, fewer as calls end', async () => {
    const lanes = scheduler();
    const work = Array.from({ length: 8 }, () => ask(lanes));
    const begun = (): number => work.filter((one) => one.begun).length;
    assert.equal(begun(), 3);
    lanes.setLimits(limits({ slots: { critic: 5 } }));
    assert.equal(begun(), 5);
    lanes.setLimits(limits({ slots: { critic: 1 } }));
    for (const { finish } of work.slice(0, 4)) {
      finish();
      await settle();
    }
    assert.deepEqual([begun(), lanes.status().lanes.critic.active], [5, 1]);
    work[4]?.finish();
    await settle();
    assert.equal(begun(), 6);
    for (const { finish } of work) finish();
    await lanes.drain(null);
  });

  it('refuses limits that are none, and keeps those in force', () => {
    const lanes = scheduler();
    for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 60]) {
      assert.throws(() => lanes.setLimits(limits({ slots: { critic: wrong } })), {
        code: 'CONFIG_INVALID',
        message: /lanes\.critic/,
      });
      assert.throws(() => lanes.setLimits(limits({ global: wrong })), {
        code: 'CONFIG_INVALID',
        message: /lanes\.global/,
      });
    }
    assert.equal(lanes.status().lanes.critic.limit, 3);
  });

  it('refuses an unknown lane and an unknown priority by name', async () => {
    const lanes = scheduler();
    await assert.rejects(
      ask(lanes, { lane: 'bakery' as 'critic' }).promise,
      /no lane “bakery”; the lanes are: model_call/,
    );
    await assert.rejects(ask(lanes, { lane: '__proto__' as 'critic' }).promise, /no lane “__proto__”/);
    await assert.rejects(ask(lanes, { priority: 'urgent' as 'high' }).promise, /no priority “urgent”/);
    assert.deepEqual(leaks(lanes), []);
  });

  describe('pause, resume, drain', () => {
    it('pauses one lane: what runs goes on, what waits stays, others are untouched', async () => {
      const lanes = scheduler();
      const running = ask(lanes);
      lanes.pause('critic');
      const waiting = ask(lanes);
      const other = ask(lanes, { lane: 'file_read' });
      running.finish();
      await settle();
      assert.deepEqual([waiting.begun, other.begun, lanes.status().lanes.critic.state], [false, true, 'paused']);
      lanes.resume('critic');
      assert.equal(waiting.begun, true);
      waiting.finish();
      other.finish();
      await settle();
      assert.deepEqual(leaks(lanes), []);
    });

    it('pauses and resumes all lanes together', () => {
      const lanes = scheduler();
      lanes.pause(null);
      const work = (['critic', 'file_read', 'model_call'] as const).map((lane) => ask(lanes, { lane }));
      assert.ok(work.every(({ begun }) => !begun));
      lanes.resume(null);
      assert.ok(work.every(({ begun }) => begun));
    });

    it('drains: takes nothing new, ends what waits and runs, and is open again after resume', async () => {
      const lanes = scheduler(limits({ slots: { critic: 1 } }));
      const work = [ask(lanes), ask(lanes)];
      let drained = false;
      const end = lanes.drain('critic').then(() => (drained = true));
      await assert.rejects(ask(lanes).promise, { code: 'LANE_DRAINING' });
      work[0]?.finish();
      await settle();
      assert.equal(drained, false);
      work[1]?.finish();
      await end;
      await assert.rejects(ask(lanes).promise, { code: 'LANE_DRAINING' });
      lanes.resume('critic');
      assert.equal(ask(lanes).begun, true);
    });

    it('ends a drain when the lane is resumed, or when its last waiting call is aborted', async () => {
      const lanes = scheduler();
      const running = ask(lanes);
      const resumed = lanes.drain('critic');
      lanes.resume('critic');
      await resumed;
      running.finish();
      await settle();
      lanes.pause('file_write');
      const controller = new AbortController();
      const waiting = ask(lanes, { lane: 'file_write', scope: new Scope({ signal: controller.signal }) });
      lanes.setCap('file_write', 0);
      const drained = lanes.drain('file_write');
      controller.abort(new Error('gone'));
      await drained;
      await assert.rejects(waiting.promise, /gone/);
    });
  });

  describe('scopes', () => {
    it('count the calls of a request, its parts included', async () => {
      const lanes = scheduler();
      const request = anybody();
      const part = request.child({ signal: null });
      const work = [ask(lanes, { scope: request }), ...[1, 2, 3].map(() => ask(lanes, { scope: part }))];
      assert.deepEqual([request.active, request.waiting, request.total], [3, 1, 4]);
      assert.deepEqual([part.active, part.waiting, part.total], [2, 1, 3]);
      for (const { finish } of work) finish();
      await settle();
      await settle();
      assert.deepEqual([request.active, request.waiting, request.total], [0, 0, 4]);
    });

    it('limit them: further calls wait in the scope, in order, and others pass', async () => {
      const lanes = scheduler(limits({ slots: { critic: 8 } }));
      const request = new Scope({ signal: null, limit: 2 });
      const order: number[] = [];
      const work = [0, 1, 2, 3].map((n) => ask(lanes, { scope: request, onBegin: () => order.push(n) }));
      const other = ask(lanes);
      assert.deepEqual([order, other.begun], [[0, 1], true]);
      for (const { finish } of work) {
        finish();
        await settle();
        assert.ok(request.active <= 2);
      }
      other.finish();
      await settle();
      assert.deepEqual([order, leaks(lanes)], [[0, 1, 2, 3], []]);
    });

    it('are cancelled together: waiting, held back and parts alike', async () => {
      const lanes = scheduler(limits({ slots: { critic: 1 } }));
      const holder = ask(lanes);
      const controller = new AbortController();
      const request = new Scope({ signal: controller.signal, limit: 2 });
      const gone = [1, 2, 3, 4].map(() => ask(lanes, { scope: request.child({ signal: null }) }));
      const stays = ask(lanes);
      controller.abort(new Error('cancelled'));
      for (const { promise } of gone) await assert.rejects(promise, /cancelled/);
      assert.deepEqual([request.waiting, request.active], [0, 0]);
      holder.finish();
      await settle();
      assert.equal(stays.begun, true);
      stays.finish();
      await settle();
      assert.deepEqual(leaks(lanes), []);
    });

    it('give each of a batch its own result', async () => {
      const lanes = scheduler();
      const results = await lanes.runAll('critic', anybody(), 'low', [
        () => Promise.resolve(1),
        () => Promise.reject(new Error('two')),
        () => {
          throw new Error('three');
        },
        () => 4,
      ]);
      assert.deepEqual(
        results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
        [1, 'Error: two', 'Error: three', 4],
      );
      assert.deepEqual(leaks(lanes), []);
    });
  });
});
