import type { LaneName } from '../../catalogue/lanes.ts';
import type { Lane as LaneOf } from './lane.ts';
import type { Scope } from './scope.ts';

export type Lane = LaneOf<Call>;

/** A taken slot, as the work in it sees it. Calls made from inside name it as their parent. */
export interface Slot {
  readonly laneName: LaneName;
  /** Calls at work when it is asked, this one included. */
  readonly concurrency: { readonly global: number; readonly lane: number };
  /** Tells the caller now that it failed. The slot is held until the work ends, and what comes of it then is dropped. */
  reject(reason: unknown): void;
}

/** Work for a slot, which is held until what it gives settles. */
export type Work<T> = (slot: Slot) => PromiseLike<T> | T;

/** Work that hears what becomes of it. None of these may throw. */
export interface Job<T> {
  begin(slot: Slot): PromiseLike<T> | T;
  /** The work has ended; its slot goes on after this. */
  succeeded(value: T): void;
  /** Likewise. What it gives is what the caller is told. */
  failed(error: unknown): unknown;
  /** It never began. */
  refused(reason: unknown): void;
}

/** `settled`: its own work has ended, and calls made from inside it have not. */
export type CallState = 'waiting' | 'running' | 'settled' | 'over';

/** How a call hangs together with others; only calls made from inside others and those around them have it. */
export interface Nest {
  readonly parent: Call | null;
  /** The call in whose slot this one runs; null when it has a slot of its own. */
  readonly host: Call | null;
  /** Calls made from inside this one that are not over. */
  readonly children: Set<Call>;
  /** The call that runs in this one's slot, and those that wait for it, the first first. */
  guest: Call | null;
  guests: Call[];
}

/**
 * One call from its arrival to the end of its slot. A million of them may wait, so that it holds no more than it must: a
 * failure is told through `resolve`, too, with a promise that is rejected.
 */
export class Call implements Slot {
  readonly lane: Lane;
  readonly scope: Scope;
  /** Null once nothing is to be told to it any more. */
  job: Work<unknown> | Job<unknown> | null;
  readonly resolve: (value: unknown) => void;
  state: CallState = 'waiting';
  next: Call | null = null;
  nest: Nest | null = null;

  constructor(lane: Lane, scope: Scope, job: Work<unknown> | Job<unknown>, resolve: (value: unknown) => void) {
    this.lane = lane;
    this.scope = scope;
    this.job = job;
    this.resolve = resolve;
  }

  get laneName(): LaneName {
    return this.lane.name;
  }

  get concurrency(): { global: number; lane: number } {
    return { global: this.lane.shared.active, lane: this.lane.active };
  }

  /** Made from inside another call. */
  get isInner(): boolean {
    return this.nest !== null && this.nest.parent !== null;
  }

  reject(reason: unknown): void {
    this.resolve(rejected(reason));
  }
}

/** A promise that is rejected with whatever a job threw, an error or not. */
export async function rejected(reason: unknown): Promise<never> {
  throw reason;
}
