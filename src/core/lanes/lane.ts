import type { LaneName } from '../../catalogue/lanes.ts';
import { LaneQueue, type Queued } from './queue.ts';

export type LaneState = 'open' | 'paused' | 'draining';

/** What all lanes of a scheduler share. */
export interface Shared {
  /** Calls at work that were not made from inside others. */
  active: number;
  limit: number;
}

/** One lane's slots: how many it has, by what right, and how many are in use. */
export class Lane<C extends Queued<C>> {
  readonly name: LaneName;
  readonly index: number;
  readonly shared: Shared;
  readonly queue: LaneQueue<C>;
  state: LaneState = 'open';
  configured: number;
  maximum: number;
  /** Slots in force. */
  limit: number;
  active = 0;
  lent = 0;
  borrowed = 0;
  /** How many of the borrowed slots are each lane's, by its index. */
  readonly owed: number[];
  /** What load allows at most. */
  cap = Infinity;
  /** How often other lanes were served while this one could have been. */
  skipped = 0;
  /** Calls of this lane from inside which others were made and are not over. */
  readonly parents = new Set<C>();
  /** Who waits for the lane to be empty. */
  readonly drained: (() => void)[] = [];

  constructor(name: LaneName, index: number, lanes: number, shared: Shared) {
    this.name = name;
    this.index = index;
    this.shared = shared;
    this.queue = new LaneQueue<C>(index);
    this.configured = this.maximum = this.limit = 0;
    this.owed = new Array<number>(lanes).fill(0);
  }

  /** Slots that are the lane's now, whatever load allows. */
  get own(): number {
    return this.configured + this.borrowed - this.lent;
  }

  refit(): void {
    this.limit = Math.max(0, Math.min(this.own, this.cap));
  }

  /** Whether a waiting call may be let in now. `globalFull`: only calls from inside others may. */
  isReady(globalFull: boolean): boolean {
    return this.hasRoom && (globalFull ? this.queue.waiting(0) : this.queue.size) > 0;
  }

  get hasRoom(): boolean {
    return this.state !== 'paused' && this.active < this.limit;
  }
}
