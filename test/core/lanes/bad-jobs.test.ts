import assert from 'node:assert/strict';
import type { LaneName } from '../../../src/catalogue/lanes.ts';
import type { Work } from '../../../src/core/lanes/call.ts';
import { Scheduler } from '../../../src/core/lanes/scheduler.ts';
import { Scope } from '../../../src/core/lanes/scope.ts';
import { anybody, ask, leaks, limits, scheduler, settle } from '../../support/lanes.ts';

type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void;

/** Looks like a promise and behaves as the test says. */
function thenable(then: Then): PromiseLike<unknown> {
  return Object.defineProperty({}, 'then', { value: then }) as PromiseLike<unknown>;
}

/** Is a promise, and lies about its end. */
function lyingPromise(): Promise<unknown> {
  const promise = Promise.resolve('truth');
  const then: Then = (resolve) => {
    resolve('lie');
    resolve('again');
  };
  return Object.defineProperty(promise, 'then', { value: then });
}

const twice: Then = (resolve, reject) => {
  resolve(1);
  reject(new Error('and fails'));
  resolve(2);
};

/** What each job makes its caller see. */
const jobs: readonly (readonly [string, Work<unknown>, string])[] = [
  ['throws at once', () => fail(new Error('at once')), 'Error: at once'],
  ['throws what is no error', () => fail('text'), 'text'],
  ['returns no promise', () => 7, '7'],
  ['returns a thenable that settles twice and fails', () => thenable(twice), '1'],
  ['returns a thenable that throws when it is asked', () => thenable(() => fail(new Error('asked'))), 'Error: asked'],
  [
    'returns what throws when `then` is read',
    () => Object.defineProperty({}, 'then', { get: () => fail(new Error('read')) }),
    'Error: read',
  ],
  ['returns a promise whose then lies', lyingPromise, 'lie'],
  ['returns a promise that is rejected', () => Promise.reject(new Error('no')), 'Error: no'],
];

function fail(reason: unknown): never {
  throw reason;
}

describe('jobs and listeners that misbehave', () => {
  for (const [what, job, seen] of jobs) {
    it(`a job that ${what}: one end for its caller, and the slot is back`, async () => {
      const lanes = scheduler(limits({ slots: { critic: 1 } }));
      const ends: string[] = [];
      const end = (value: unknown): void => void ends.push(String(value));
      await lanes.run('critic', anybody(), 'normal', job).then(end, end);
      const after = ask(lanes);
      assert.equal(after.begun, true);
      after.finish();
      await settle();
      assert.deepEqual([ends, leaks(lanes)], [[seen], []]);
    });
  }

  it('a queue of jobs that all throw at once ends, however long it is', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 }, queue: 100_000 }));
    const holder = ask(lanes);
    const scope = anybody();
    let ends = 0;
    for (let n = 0; n < 50_000; n++)
      lanes.run('critic', scope, 'normal', () => fail(new Error('no'))).catch(() => ends++);
    holder.finish();
    await lanes.drain('critic');
    await settle();
    assert.deepEqual([ends, leaks(lanes)], [50_000, []]);
  });

  it('a job that never settles keeps its slot, and only its own', async () => {
    const lanes = scheduler(limits({ slots: { critic: 2 } }));
    ask(lanes);
    for (let n = 0; n < 5; n++) assert.equal(await lanes.run('critic', anybody(), 'normal', () => n), n);
    assert.equal(lanes.status().lanes.critic.active, 1);
  });

  it('an abort before, during and after', async () => {
    const lanes = scheduler();
    const controller = new AbortController();
    const scope = new Scope({ signal: controller.signal });
    const done = ask(lanes, { scope });
    done.finish('done');
    assert.equal(await done.promise, 'done');
    const running = ask(lanes, { scope });
    controller.abort(new Error('gone'));
    controller.abort(new Error('again'));
    await assert.rejects(ask(lanes, { scope }).promise, /gone/);
    running.finish('to its end');
    assert.equal(await running.promise, 'to its end');
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('an abort without an error for a reason is told as one', async () => {
    const lanes = scheduler(limits({ slots: { critic: 1 } }));
    const holder = ask(lanes);
    const controller = new AbortController();
    const waiting = ask(lanes, { scope: new Scope({ signal: controller.signal }) });
    controller.abort('because');
    await assert.rejects(waiting.promise, { code: 'CANCELLED' });
    holder.finish();
    await settle();
    assert.deepEqual(leaks(lanes), []);
  });

  it('a listener that throws changes nothing, and is told', async () => {
    const errors: unknown[] = [];
    const lanes = new Scheduler(limits({ slots: { critic: 1 } }), {
      changed: (lane: LaneName) => fail(new Error(lane)),
      onListenerError: (error) => errors.push(error),
    });
    errors.length = 0;
    const results = await lanes.runAll('critic', anybody(), 'normal', [() => 1, () => 2, () => fail(new Error('no'))]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected'],
    );
    assert.ok(errors.length >= 3 && errors.every((error) => String(error) === 'Error: critic'));
    assert.deepEqual(leaks(lanes), []);
  });
});
