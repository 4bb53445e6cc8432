import { laneNames, lanes, type LaneName, type Priority } from '../../src/catalogue/lanes.ts';
import { AdaptiveTimeouts, type TimeoutSettings } from '../../src/core/lanes/adaptive-timeouts.ts';
import type { Slot } from '../../src/core/lanes/call.ts';
import { Deadlines } from '../../src/core/lanes/deadlines.ts';
import { LateCalls } from '../../src/core/lanes/late-calls.ts';
import type { LaneLimits } from '../../src/core/lanes/limits.ts';
import { LoadControl } from '../../src/core/lanes/load.ts';
import { MemoryGuard } from '../../src/core/lanes/memory-guard.ts';
import { Scheduler } from '../../src/core/lanes/scheduler.ts';
import { Scope } from '../../src/core/lanes/scope.ts';
import { LaneStatistics } from '../../src/core/lanes/statistics.ts';
import type { Guards } from '../../src/core/lanes/worker-call.ts';
import type { Clock } from '../../src/core/ports.ts';

const slots = Object.fromEntries(laneNames.map((name) => [name, lanes[name].limit])) as Record<LaneName, number>;

/** The catalogue's limits, those named here apart; nothing is lent unless a test says so. */
export function limits(
  change: Partial<LaneLimits> & { readonly slots?: Partial<Record<LaneName, number>> } = {},
): LaneLimits {
  const { slots: changed, ...rest } = change;
  return { global: 32, lanes: { ...slots, ...changed }, maximum: {}, queue: 1000, rebalance: false, ...rest };
}

export const timeouts: TimeoutSettings = {
  defaultMs: 5000,
  factor: 1.5,
  graceMs: 1000,
  adaptive: false,
  adaptiveMinMs: 1000,
};

/** A listener's mistake fails the test. */
export function scheduler(
  given: LaneLimits = limits(),
  changed: (lane: LaneName) => void = () => undefined,
): Scheduler {
  return new Scheduler(given, {
    changed,
    onListenerError: (error) => {
      throw error;
    },
  });
}

export function guards(clock: Clock, given: Scheduler = scheduler()): Guards {
  return {
    scheduler: given,
    memory: new MemoryGuard({ guards: false, maxRssBytes: 1, heapWarningBytes: 1 }),
    load: new LoadControl('model_call', given, clock, () => 0.5),
    adaptive: new AdaptiveTimeouts(),
    statistics: new LaneStatistics(),
    late: new LateCalls(),
    deadlines: new Deadlines(clock),
  };
}

export const anybody = (): Scope => new Scope({ signal: null });

/** A piece of work that the test ends. */
export interface Work {
  readonly promise: Promise<unknown>;
  /** Null before it holds one. */
  readonly slot: Slot | null;
  readonly begun: boolean;
  readonly finish: (value?: unknown) => void;
  readonly fail: (error: Error) => void;
}

export interface Asked {
  readonly lane?: LaneName;
  readonly scope?: Scope;
  readonly priority?: Priority;
  readonly inside?: Work;
  readonly onBegin?: (slot: Slot) => void;
}

/** Asks for a slot and holds it until `finish` or `fail`. Its rejection is heard, so that a test may look at it later. */
export function ask(at: Scheduler, asked: Asked = {}): Work {
  const { promise: end, resolve, reject } = Promise.withResolvers<unknown>();
  end.catch(() => undefined);
  const state = { slot: null as Slot | null, begun: false };
  const job = (slot: Slot): Promise<unknown> => {
    state.begun = true;
    state.slot = slot;
    asked.onBegin?.(slot);
    return end;
  };
  const { lane = 'critic', scope = anybody(), priority = 'normal', inside } = asked;
  const promise = at.run(lane, scope, priority, job, inside?.slot ?? null);
  promise.catch(() => undefined);
  return Object.assign(state, { promise, finish: resolve, fail: reject });
}

/** Lets every promise that can settle now do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What keeps the scheduler from being as it was: empty when every slot is back. */
export function leaks(at: Scheduler): string[] {
  const { global, lanes: now } = at.status();
  const found = laneNames.flatMap((name) => {
    const { active, queued, limit, configured, borrowed } = now[name];
    const waiting = queued.high + queued.normal + queued.low;
    const whole = active === 0 && waiting === 0 && borrowed === 0 && limit === configured;
    return whole
      ? []
      : [`${name}: ${active} active, ${waiting} waiting, ${borrowed} borrowed, ${limit} of ${configured} slots`];
  });
  return global.active === 0 ? found : [`global: ${global.active} active`, ...found];
}
