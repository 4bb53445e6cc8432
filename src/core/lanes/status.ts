import { priorities, type LaneName, type Priority } from '../../catalogue/lanes.ts';
import type { Lane } from './call.ts';
import type { LaneState } from './lane.ts';
import type { QueueClass } from './queue.ts';

export interface LaneStatus {
  readonly active: number;
  /** Slots in force. */
  readonly limit: number;
  readonly configured: number;
  readonly maximum: number;
  /** Calls from inside others count as high. */
  readonly queued: Readonly<Record<Priority, number>>;
  readonly state: LaneState;
  /** Slots from other lanes; negative when it lends. */
  readonly borrowed: number;
}

export interface SchedulerStatus {
  /** Calls made from inside others are part of the call around them. */
  readonly global: { readonly active: number; readonly limit: number };
  readonly lanes: Readonly<Record<LaneName, LaneStatus>>;
}

export const classOf: Readonly<Record<Priority, QueueClass>> = { high: 1, normal: 2, low: 3 };

export function statusOf(lane: Lane): LaneStatus {
  const { active, limit, configured, maximum, state, borrowed, lent, queue } = lane;
  const queued = Object.fromEntries(priorities.map((name) => [name, queue.waiting(classOf[name])])) as Record<
    Priority,
    number
  >;
  queued.high += queue.waiting(0);
  return { active, limit, configured, maximum, queued, state, borrowed: borrowed - lent };
}
