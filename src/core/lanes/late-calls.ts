import { laneNames, type LaneName } from '../../catalogue/lanes.ts';
import type { TimeoutPhase } from './timeout.ts';

export interface LateCall {
  readonly what: string;
  readonly runId: string;
  readonly phase: TimeoutPhase;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly limitMs: number;
  readonly limitReason: string;
}

/** Calls that passed a phase of their timeout and whose work is not over, by lane: what a slot is held by, and how long. */
export class LateCalls {
  readonly #lanes = new Map<LaneName, Map<object, LateCall>>(laneNames.map((lane) => [lane, new Map()]));

  /** `key` identifies the call. */
  set(lane: LaneName, key: object, call: LateCall): void {
    this.#lanes.get(lane)?.set(key, call);
  }

  delete(lane: LaneName, key: object): boolean {
    return this.#lanes.get(lane)?.delete(key) ?? false;
  }

  /** The oldest first. */
  of(lane: LaneName): readonly LateCall[] {
    return [...(this.#lanes.get(lane)?.values() ?? [])].sort((a, b) => a.startedAt - b.startedAt);
  }
}
