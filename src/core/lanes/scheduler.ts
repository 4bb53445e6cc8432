import { laneNames, priorities, type LaneName, type Priority } from '../../catalogue/lanes.ts';
import { HaiosError } from '../errors.ts';

export interface LaneLimits {
  readonly global: number;
  readonly lanes: Readonly<Record<LaneName, number>>;
  /** Most calls that may wait in one lane. */
  readonly queue: number;
}

export interface LaneStatus {
  readonly active: number;
  readonly limit: number;
  readonly queued: Readonly<Record<Priority, number>>;
}

/** A taken slot. `release` is idempotent and hands the slot straight to the next waiter. */
export interface Slot {
  readonly lane: LaneName;
  readonly concurrency: { readonly global: number; readonly lane: number };
  release(): void;
}

interface Waiter {
  readonly order: number;
  readonly grant: (slot: Slot) => void;
}

interface Lane {
  limit: number;
  active: number;
  readonly queues: Readonly<Record<Priority, Set<Waiter>>>;
}

/** Bounded priority queues with N slots each, under one global limit. First come, first served inside a priority. */
export class Scheduler {
  #globalLimit: number;
  #queueLimit: number;
  #active = 0;
  #arrivals = 0;
  readonly #lanes: Readonly<Record<LaneName, Lane>>;
  readonly #changed: (lane: LaneName) => void;

  constructor(limits: LaneLimits, changed: (lane: LaneName) => void = () => undefined) {
    this.#globalLimit = limits.global;
    this.#queueLimit = limits.queue;
    this.#changed = changed;
    this.#lanes = Object.fromEntries(
      laneNames.map((name): [LaneName, Lane] => [
        name,
        { limit: limits.lanes[name], active: 0, queues: { high: new Set(), normal: new Set(), low: new Set() } },
      ]),
    ) as Record<LaneName, Lane>;
  }

  /**
   * Resolves with a slot as soon as the lane and the global limit allow it. Rejects with QUEUE_FULL (nothing waits),
   * or with the signal's reason: an abort while queued leaves the queue at once.
   */
  acquire(lane: LaneName, priority: Priority, signal: AbortSignal): Promise<Slot> {
    const state = this.#lanes[lane];
    if (signal.aborted) return Promise.reject(asError(signal.reason));
    if (queueLength(state) >= this.#queueLimit) {
      return Promise.reject(
        new HaiosError(
          'QUEUE_FULL',
          `Lane “${lane}” already has ${queueLength(state)} calls waiting; wait for some to end or raise lanes.${lane}.`,
        ),
      );
    }
    return new Promise<Slot>((resolve, reject) => {
      const queue = state.queues[priority];
      const waiter: Waiter = {
        order: this.#arrivals++,
        grant: (slot) => {
          signal.removeEventListener('abort', leave);
          resolve(slot);
        },
      };
      const leave = (): void => {
        queue.delete(waiter);
        this.#changed(lane);
        reject(asError(signal.reason));
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.add(waiter);
      this.#pump();
      this.#changed(lane);
    });
  }

  /** Takes effect at once; running calls above a lowered limit go on. */
  setLimits(limits: LaneLimits): void {
    this.#globalLimit = limits.global;
    this.#queueLimit = limits.queue;
    for (const name of laneNames) {
      this.#lanes[name].limit = limits.lanes[name];
      this.#changed(name);
    }
    this.#pump();
  }

  status(): {
    readonly global: { active: number; limit: number };
    readonly lanes: Readonly<Record<LaneName, LaneStatus>>;
  } {
    return {
      global: { active: this.#active, limit: this.#globalLimit },
      lanes: Object.fromEntries(
        laneNames.map((name) => {
          const { active, limit, queues } = this.#lanes[name];
          const queued = Object.fromEntries(priorities.map((p) => [p, queues[p].size]));
          return [name, { active, limit, queued }];
        }),
      ) as Record<LaneName, LaneStatus>,
    };
  }

  #pump(): void {
    while (this.#active < this.#globalLimit) {
      const next = this.#next();
      if (next === undefined) return;
      const { name, lane, priority, waiter } = next;
      lane.queues[priority].delete(waiter);
      lane.active++;
      this.#active++;
      waiter.grant(this.#slot(name, lane));
    }
  }

  /** The highest priority first, the longest waiting inside it, among lanes that have a free slot. */
  #next(): { name: LaneName; lane: Lane; priority: Priority; waiter: Waiter } | undefined {
    for (const priority of priorities) {
      let best: { name: LaneName; lane: Lane; priority: Priority; waiter: Waiter } | undefined;
      for (const name of laneNames) {
        const lane = this.#lanes[name];
        if (lane.active >= lane.limit) continue;
        const [waiter] = lane.queues[priority];
        if (waiter !== undefined && (best === undefined || waiter.order < best.waiter.order)) {
          best = { name, lane, priority, waiter };
        }
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  #slot(name: LaneName, lane: Lane): Slot {
    let held = true;
    return {
      lane: name,
      concurrency: { global: this.#active, lane: lane.active },
      release: () => {
        if (!held) return;
        held = false;
        lane.active--;
        this.#active--;
        this.#pump();
        this.#changed(name);
      },
    };
  }
}

function queueLength(lane: Lane): number {
  return lane.queues.high.size + lane.queues.normal.size + lane.queues.low.size;
}

function asError(reason: unknown): Error {
  return reason instanceof Error
    ? reason
    : new HaiosError('CANCELLED', 'The call was cancelled while it waited for a slot.');
}
