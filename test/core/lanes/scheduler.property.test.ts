import assert from 'node:assert/strict';
import fc from 'fast-check';
import { laneNames, priorities, type LaneName, type Priority } from '../../../src/catalogue/lanes.ts';
import type { LaneLimits } from '../../../src/core/lanes/limits.ts';
import { worstTurn } from '../../../src/core/lanes/queue.ts';
import type { Scheduler } from '../../../src/core/lanes/scheduler.ts';
import { Scope } from '../../../src/core/lanes/scope.ts';
import { classOf } from '../../../src/core/lanes/status.ts';
import { anybody, ask, leaks, limits, scheduler, settle, type Work } from '../../support/lanes.ts';

/** Histories for each property; the whole file holds more than ten thousand. */
const numRuns = 10_000;
/** Printed with the test, so that a history can be had again: `HAIOS_TEST_SEED=n`. */
const { seed } = fc.readConfigureGlobal();
const lanesUsed = ['tool_call', 'file_read', 'critic'] as const;
const runs = 3;

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      lane: fc.constantFrom(...lanesUsed),
      run: fc.nat({ max: runs - 1 }),
      priority: fc.constantFrom(...priorities),
      /** Made from inside one of the running calls. */
      inside: fc.option(fc.nat(), { freq: 5 }),
      ends: fc.constantFrom('value' as const, 'error' as const, 'throw' as const, 'thenable' as const),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), run: fc.nat({ max: runs - 1 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      global: fc.integer({ min: 1, max: 6 }),
      slots: fc.integer({ min: 1, max: 4 }),
      rebalance: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('state' as const),
      lane: fc.option(fc.constantFrom(...lanesUsed)),
      to: fc.constantFrom('pause' as const, 'resume' as const, 'drain' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('cap' as const),
      lane: fc.constantFrom(...lanesUsed),
      cap: fc.option(fc.integer({ min: 0, max: 2 })),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

describe('Scheduler, under random histories', () => {
  it(`passes no limit at any instant, loses and doubles no job, keeps the order, gives every slot back (${numRuns} histories, seed ${seed})`, async function () {
    this.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40, size: 'max' }), async (actions) => {
        const history = new History();
        for (const each of actions) await history.act(each);
        await history.end();
      }),
      { numRuns },
    );
  });

  it(`lets a call in after no more others than the bound says, whatever keeps coming (${numRuns} histories, seed ${seed})`, async function () {
    this.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Priority>('normal', 'low'),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ run: fc.nat({ max: 3 }), priority: fc.constantFrom(...priorities) }), { maxLength: 25 }),
        fc.array(fc.record({ run: fc.nat({ max: 3 }), priority: fc.constantFrom<Priority>('high', 'normal') }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (priority, ownBefore, before, flood) => {
          const lanes = scheduler(limits({ slots: { critic: 1 }, queue: 100_000 }));
          const scopes = [0, 1, 2, 3].map(() => anybody());
          const mine = anybody();
          let running: Work = ask(lanes);
          const queue: Work[] = [];
          const arrive = (run: number, given: Priority): void => {
            const work: Work = ask(lanes, {
              scope: scopes[run] ?? mine,
              priority: given,
              onBegin: () => queueMicrotask(() => (running = work)),
            });
            queue.push(work);
          };
          for (const { run, priority: given } of before) arrive(run, given);
          let target: Work | null = null;
          for (let n = 0; n < ownBefore; n++) {
            const work: Work = ask(lanes, {
              scope: mine,
              priority,
              onBegin: () => queueMicrotask(() => (running = work)),
            });
            target = work;
          }
          const bound = worstTurn(classOf[priority]) * 5 * ownBefore;
          let others = 0;
          for (; target?.begun === false; others++) {
            assert.ok(others <= bound, `waited for ${others} others, more than ${bound}`);
            const next = flood[others % flood.length];
            if (next !== undefined) arrive(next.run, next.priority);
            running.finish();
            await settle();
          }
        },
      ),
      { numRuns },
    );
  });

  it('lets every lane go on while the global limit is the bottleneck', async () => {
    const lanes = scheduler(limits({ global: 1 }));
    let running: Work = ask(lanes, { lane: 'tool_call', priority: 'high' });
    const flood = (): void => {
      const work: Work = ask(lanes, {
        lane: 'tool_call',
        priority: 'high',
        onBegin: () => queueMicrotask(() => (running = work)),
      });
    };
    const target = ask(lanes, { lane: 'file_read', priority: 'low' });
    for (let others = 0; !target.begun; others++) {
      assert.ok(others <= 10, `a low call of another lane waited for ${others} others`);
      flood();
      flood();
      running.finish();
      await settle();
    }
  });
});

interface Tracked {
  work: Work | null;
  readonly lane: LaneName;
  readonly run: number;
  readonly priority: Priority;
  /** From inside which it was made. */
  readonly parent: Tracked | null;
  readonly ends: 'value' | 'error' | 'throw' | 'thenable';
  starts: number;
  settled: number;
  ended: boolean;
}

/** Whether it has a slot of its own, and not that of a call of its lane around it. */
function takesSlot({ lane, parent }: Tracked): boolean {
  for (let around = parent; around !== null; around = around.parent) if (around.lane === lane) return false;
  return true;
}

/** Plays a history and holds what the scheduler does against what it promises. */
class History {
  readonly #lanes: Scheduler;
  readonly #all: Tracked[] = [];
  readonly #controllers = Array.from({ length: runs }, () => new AbortController());
  readonly #scopes = this.#controllers.map(({ signal }) => new Scope({ signal }));
  readonly #violations: string[] = [];
  #limits: LaneLimits = limits({ global: 4, slots: { tool_call: 2, file_read: 2, critic: 1 }, maximum: { critic: 3 } });

  constructor() {
    this.#lanes = scheduler(this.#limits);
  }

  async act(act: Action): Promise<void> {
    switch (act.do) {
      case 'ask':
        this.#ask(act);
        break;
      case 'end':
        this.#finish(this.#running[act.at % Math.max(1, this.#running.length)]);
        break;
      case 'kill':
        // Its caller is told at once; its slot is held until it ends.
        this.#running[act.at % Math.max(1, this.#running.length)]?.work?.slot?.reject(new Error('killed'));
        break;
      case 'abort':
        this.#controllers[act.run]?.abort(new Error('aborted'));
        break;
      case 'limit':
        this.#limits = limits({
          global: act.global,
          slots: { tool_call: act.slots, file_read: act.slots, critic: 1 },
          maximum: { critic: 3 },
          rebalance: act.rebalance,
        });
        this.#lanes.setLimits(this.#limits);
        break;
      case 'state':
        if (act.to === 'drain') void this.#lanes.drain(act.lane);
        else this.#lanes[act.to](act.lane);
        break;
      case 'cap':
        this.#lanes.setCap(act.lane, act.cap);
        break;
    }
    await settle();
    assert.deepEqual(this.#violations, []);
  }

  /** Opens everything, ends what runs until nothing is left, and looks at what became of each job. */
  async end(): Promise<void> {
    this.#lanes.resume(null);
    for (const lane of lanesUsed) this.#lanes.setCap(lane, null);
    for (let round = 0; this.#running.length > 0 || this.#all.some(({ settled }) => settled === 0); round++) {
      assert.ok(round < 1000, 'calls wait for ever');
      for (const tracked of this.#running) this.#finish(tracked);
      await settle();
    }
    assert.deepEqual(this.#violations, []);
    for (const { starts, settled } of this.#all)
      assert.ok(starts <= 1 && settled === 1, `${starts} starts, ${settled} ends`);
    assert.deepEqual(leaks(this.#lanes), []);
    for (const { active, waiting } of this.#scopes) assert.deepEqual([active, waiting], [0, 0]);
  }

  get #running(): Tracked[] {
    return this.#all.filter(({ starts, ended }) => starts > 0 && !ended);
  }

  #ask({ lane, run, priority, inside, ends }: Extract<Action, { do: 'ask' }>): void {
    const outer = inside === null ? undefined : this.#running[inside % Math.max(1, this.#running.length)];
    const scope = this.#scopes[run];
    if (scope === undefined) return;
    // A call may be let in before `ask` returns.
    const tracked: Tracked = {
      work: null,
      lane,
      run,
      priority,
      parent: outer ?? null,
      ends,
      starts: 0,
      settled: 0,
      ended: false,
    };
    this.#all.push(tracked);
    const work = ask(this.#lanes, {
      lane,
      scope,
      priority,
      ...(outer?.work == null ? {} : { inside: outer.work }),
      onBegin: () => this.#begun(tracked),
    });
    tracked.work = work;
    const over = (): void => {
      tracked.settled++;
    };
    work.promise.then(over, over);
  }

  /** The probe: runs inside the job, at the instant at which it is let in. */
  #begun(tracked: Tracked): void {
    const { global, lanes } = this.#lanes.status();
    for (const name of laneNames) {
      const { active, limit, maximum } = lanes[name];
      if (takesSlot(tracked) && tracked.lane === name && active > limit)
        this.#violations.push(`${name}: ${active} of ${limit}`);
      if (limit > maximum) this.#violations.push(`${name}: limit ${limit} over its maximum ${maximum}`);
    }
    tracked.starts++;
    if (tracked.parent === null && global.active > global.limit)
      this.#violations.push(`global: ${global.active} of ${global.limit}`);
    const before = this.#all
      .slice(0, this.#all.indexOf(tracked))
      .find(
        (other) =>
          other.parent === null &&
          tracked.parent === null &&
          other.lane === tracked.lane &&
          other.run === tracked.run &&
          other.priority === tracked.priority &&
          other.starts === 0 &&
          other.settled === 0 &&
          !this.#controllers[other.run]?.signal.aborted,
      );
    if (before !== undefined) this.#violations.push(`a ${tracked.priority} call passed an earlier one of its run`);
  }

  #finish(tracked: Tracked | undefined): void {
    if (tracked !== undefined) tracked.ended = true;
    switch (tracked?.ends) {
      case 'value':
        tracked.work?.finish(1);
        break;
      case 'error':
      case 'throw':
        tracked.work?.fail(new Error(tracked.ends));
        break;
      case 'thenable':
        tracked.work?.finish({ then: (resolve: (value: number) => void) => (resolve(1), resolve(2)) });
        break;
      case undefined:
        break;
    }
  }
}
