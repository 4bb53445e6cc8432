import { laneNames, type LaneName } from '../../catalogue/lanes.ts';
import type { LateCall } from '../../protocol/snapshot.ts';

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
