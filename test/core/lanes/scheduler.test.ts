import assert from 'node:assert/strict';
import fc from 'fast-check';
import { laneNames, lanes, type LaneName, type Priority } from '../../../src/catalogue/lanes.ts';
import { Scheduler, type LaneLimits, type Slot } from '../../../src/core/lanes/scheduler.ts';

const slots = Object.fromEntries(laneNames.map((name) => [name, lanes[name].limit])) as Record<LaneName, number>;
const limits = (change: Partial<LaneLimits> = {}): LaneLimits => ({ global: 32, lanes: slots, queue: 100, ...change });
const never = new AbortController().signal;
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Scheduler', () => {
  it('gives a lane as many slots as its limit and hands a released one straight to the next waiter', async () => {
    const scheduler = new Scheduler(limits());
    const first = await scheduler.acquire('forecast_model', 'normal', never);
    const order: string[] = [];
    const second = scheduler.acquire('forecast_model', 'normal', never).then((slot) => (order.push('second'), slot));
    await tick();
    assert.deepEqual(order, []);
    assert.equal(scheduler.status().lanes.forecast_model.queued.normal, 1);
    first.release();
    assert.equal(scheduler.status().lanes.forecast_model.active, 1, 'no gap between release and grant');
    (await second).release();
    assert.deepEqual(scheduler.status().global, { active: 0, limit: 32 });
  });

  it('serves high before normal before low, and first come first served inside each', async () => {
    const scheduler = new Scheduler(limits());
    const held = await scheduler.acquire('forecast_model', 'normal', never);
    const order: string[] = [];
    const ask = (name: string, priority: Priority): void =>
      void scheduler.acquire('forecast_model', priority, never).then((slot) => {
        order.push(name);
        slot.release();
      });
    ask('low 1', 'low');
    ask('normal 1', 'normal');
    ask('high 1', 'high');
    ask('normal 2', 'normal');
    ask('high 2', 'high');
    held.release();
    await tick();
    assert.deepEqual(order, ['high 1', 'high 2', 'normal 1', 'normal 2', 'low 1']);
  });

  it('keeps under the global limit, longest waiting lane first', async () => {
    const scheduler = new Scheduler(limits({ global: 1 }));
    const held = await scheduler.acquire('critic', 'normal', never);
    const order: string[] = [];
    for (const lane of ['file_write', 'file_read', 'model_call'] as const) {
      void scheduler.acquire(lane, 'normal', never).then((slot) => {
        order.push(lane);
        slot.release();
      });
    }
    held.release();
    await tick();
    assert.deepEqual(order, ['file_write', 'file_read', 'model_call']);
  });

  it('lets an aborted waiter leave at once, and refuses an aborted caller', async () => {
    const scheduler = new Scheduler(limits());
    const held = await scheduler.acquire('forecast_model', 'normal', never);
    const controller = new AbortController();
    const waiting = scheduler.acquire('forecast_model', 'normal', controller.signal);
    controller.abort(new Error('enough'));
    assert.equal(scheduler.status().lanes.forecast_model.queued.normal, 0);
    await assert.rejects(waiting, /enough/);
    await assert.rejects(scheduler.acquire('forecast_model', 'normal', controller.signal), /enough/);
    held.release();
    assert.equal(scheduler.status().global.active, 0);
  });

  it('rejects what would wait in a full queue, naming lane and length', async () => {
    const scheduler = new Scheduler(limits({ queue: 2 }));
    const held = await scheduler.acquire('forecast_model', 'normal', never);
    const waiting = [1, 2].map(() => scheduler.acquire('forecast_model', 'low', never));
    await assert.rejects(scheduler.acquire('forecast_model', 'high', never), {
      code: 'QUEUE_FULL',
      message: /“forecast_model” already has 2 calls/,
    });
    held.release();
    for (const slot of waiting) (await slot).release();
  });

  it('takes changed limits at once and lets running calls go on', async () => {
    const scheduler = new Scheduler(limits());
    const held = await Promise.all([1, 2, 3].map(() => scheduler.acquire('critic', 'normal', never)));
    scheduler.setLimits(limits({ lanes: { ...slots, critic: 1 } }));
    let granted = false;
    const next = scheduler.acquire('critic', 'normal', never).then((slot) => ((granted = true), slot));
    held[0]?.release();
    held[1]?.release();
    await tick();
    assert.equal(granted, false, 'one still runs, and one is the limit');
    held[2]?.release();
    (await next).release();
    assert.equal(scheduler.status().lanes.critic.active, 0);
  });

  it('never passes a limit and loses no slot, whatever happens (fast-check)', async () => {
    const action = fc.oneof(
      fc.record({
        do: fc.constant('ask' as const),
        lane: fc.constantFrom(...laneNames),
        priority: fc.constantFrom('high', 'normal', 'low'),
      }),
      fc.record({ do: fc.constant('release' as const), at: fc.nat() }),
      fc.record({ do: fc.constant('abort' as const), at: fc.nat() }),
      fc.record({ do: fc.constant('limit' as const), global: fc.integer({ min: 1, max: 12 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
        let globalLimit = 6;
        let lowered = 0;
        const scheduler = new Scheduler(limits({ global: globalLimit }));
        const held: Slot[] = [];
        const waiting: AbortController[] = [];
        const settled: Promise<void>[] = [];
        for (const act of actions) {
          if (act.do === 'ask') {
            const controller = new AbortController();
            waiting.push(controller);
            settled.push(
              scheduler.acquire(act.lane, act.priority, controller.signal).then(
                (slot) => void held.push(slot),
                () => undefined,
              ),
            );
          }
          if (act.do === 'release') held.splice(act.at % Math.max(1, held.length), 1)[0]?.release();
          if (act.do === 'abort') waiting[act.at % Math.max(1, waiting.length)]?.abort(new Error('abort'));
          if (act.do === 'limit') {
            globalLimit = act.global;
            lowered = Math.max(lowered, scheduler.status().global.active);
            scheduler.setLimits(limits({ global: globalLimit }));
          }
          await Promise.resolve();
          const { global, lanes: now } = scheduler.status();
          assert.ok(global.active <= Math.max(globalLimit, lowered));
          for (const name of laneNames) assert.ok(now[name].active <= slots[name]);
          assert.equal(
            global.active,
            laneNames.reduce((sum, name) => sum + now[name].active, 0),
          );
        }
        for (const controller of waiting) controller.abort(new Error('end'));
        await Promise.all(settled);
        for (const slot of held) {
          slot.release();
          slot.release();
        }
        assert.equal(scheduler.status().global.active, 0);
      }),
      { numRuns: 500 },
    );
  });
});
