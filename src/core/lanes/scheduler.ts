import { laneNames, type LaneName, type Priority } from '../../catalogue/lanes.ts';
import { HaiosError } from '../errors.ts';
import { Call, rejected, type Job, type Lane, type Slot, type Work } from './call.ts';
import { Lane as LaneOf, type LaneState, type Shared } from './lane.ts';
import { borrow, giveBack, settleLoans } from './lending.ts';
import { checkLimits, sameLimits, type LaneLimits } from './limits.ts';
import { adopt, cycleOf, hostIn, orphan, parentsIn } from './nesting.ts';
import { nested, type QueueClass } from './queue.ts';
import type { Scope } from './scope.ts';
import { classOf, statusOf, type LaneStatus, type SchedulerStatus } from './status.ts';

/** How often a lane that could go on is passed over for others before it is next. */
const lanePatience = 8;
const plainThen: unknown = Object.getOwnPropertyDescriptor(Promise.prototype, 'then')?.value;

/** Where the end of a call is heard; used again for the next call, so that a call costs no closures. */
interface Seat {
  call: Call | null;
  readonly succeeded: (value: unknown) => void;
  readonly failed: (reason: unknown) => void;
}

export interface SchedulerEvents {
  /** A lane's figures changed. */
  readonly changed: (lane: LaneName) => void;
  /** What `changed` threw; it changes nothing here. */
  readonly onListenerError: (error: unknown) => void;
}

/**
 * Bounded queues with N slots each, under one global limit. A job holds its slot until its promise settles; the slot goes
 * straight to the next call. `LaneQueue` tells the order and its bound.
 */
export class Scheduler {
  readonly #shared: Shared = { active: 0, limit: 0 };
  readonly #lanes: readonly Lane[] = laneNames.map(
    (name, index) => new LaneOf<Call>(name, index, laneNames.length, this.#shared),
  );
  readonly #byName = new Map<string, Lane>(this.#lanes.map((lane) => [lane.name, lane]));
  readonly #events: SchedulerEvents;
  readonly #seats: Seat[] = [];
  #limits: LaneLimits | null = null;
  /** Calls in the lanes' queues. */
  #waiting = 0;
  /** Calls that the limit of their scope keeps out of their lane's queue, the first first. */
  #held: { readonly call: Call; readonly queueClass: QueueClass }[] = [];
  /** Lanes that only the global limit keeps from going on. */
  #hungry = 0;

  /** Throws CONFIG_INVALID for a limit that is none. */
  constructor(limits: LaneLimits, events: SchedulerEvents) {
    this.#events = events;
    this.setLimits(limits);
  }

  /**
   * Runs `job` as soon as its scope, the lane and the global limit allow it, and settles as it does. Made from inside a
   * call (`parent`), it runs in that call's slot if the lane is the same, one at a time, and otherwise in a slot of its own,
   * before other calls. Rejects without having run with QUEUE_FULL (nothing waits then), LANE_DRAINING, LANE_CYCLE, or the
   * reason of an aborted scope: an abort while queued leaves the queue at once.
   */
  run<T>(
    laneName: LaneName,
    scope: Scope,
    priority: Priority,
    job: Work<T> | Job<T>,
    parent: Slot | null = null,
  ): Promise<T> {
    let lane: Lane;
    try {
      lane = this.#laneOf(laneName);
      this.#check(lane, scope, priority, parent);
    } catch (error) {
      if (typeof job === 'object') job.refused(error);
      return rejected(error);
    }
    return new Promise<unknown>((resolve) => {
      const call = new Call(lane, scope, job, resolve);
      scope.count(0, 0, 1);
      if (parent instanceof Call) {
        adopt(parent, call, hostIn(lane, parent));
        this.#arrive(call, nested);
      } else if (scope.isFull) {
        this.#held.push({ call, queueClass: classOf[priority] });
        scope.watch(this.#leave);
      } else {
        this.#arrive(call, classOf[priority]);
      }
    }) as Promise<T>;
  }

  /** Runs jobs together and waits for all of them; what one does changes nothing for the others. Results in their order. */
  runAll<T>(
    lane: LaneName,
    scope: Scope,
    priority: Priority,
    jobs: readonly (Work<T> | Job<T>)[],
    parent: Slot | null = null,
  ): Promise<PromiseSettledResult<T>[]> {
    return Promise.allSettled(jobs.map((job) => this.run(lane, scope, priority, job, parent)));
  }

  /**
   * Takes effect at once; running calls above a lowered limit go on, and waiting ones that could then never run are refused.
   * Throws CONFIG_INVALID and changes nothing.
   */
  setLimits(limits: LaneLimits): void {
    checkLimits(limits);
    if (this.#limits !== null && sameLimits(this.#limits, limits)) return;
    this.#limits = limits;
    this.#shared.limit = limits.global;
    for (const lane of this.#lanes) {
      lane.configured = limits.lanes[lane.name];
      lane.maximum = Math.max(limits.maximum[lane.name] ?? lane.configured, lane.configured);
    }
    settleLoans(this.#lanes);
    this.#pump();
    this.#refuseCycles();
    for (const lane of this.#lanes) this.#tell(lane);
  }

  /** The most slots that load allows the lane, from 0; null for no bound. Running calls above it go on. */
  setCap(laneName: LaneName, cap: number | null): void {
    const lane = this.#laneOf(laneName);
    lane.cap = cap ?? Infinity;
    lane.refit();
    this.#pump();
    this.#tell(lane);
  }

  /** No waiting call of the lane (null: of any) is let in until `resume`; running ones go on. */
  pause(lane: LaneName | null): void {
    this.#enter(lane, 'paused');
  }

  /** Opens what was paused or drained. */
  resume(lane: LaneName | null): void {
    this.#enter(lane, 'open');
  }

  /**
   * Takes no new call from outside and lets those that wait and run end; resolves when none is left, or when the lane is
   * resumed. It stays drained until then.
   */
  async drain(laneName: LaneName | null): Promise<void> {
    const lanes = this.#enter(laneName, 'draining');
    const busy = lanes.filter((lane) => !isEmpty(lane));
    await Promise.all(busy.map((lane) => new Promise<void>((resolve) => lane.drained.push(resolve))));
  }

  status(): SchedulerStatus {
    return {
      global: { active: this.#shared.active, limit: this.#shared.limit },
      lanes: Object.fromEntries(this.#lanes.map((lane) => [lane.name, statusOf(lane)])) as Record<LaneName, LaneStatus>,
    };
  }

  #check(lane: Lane, scope: Scope, priority: Priority, parent: Slot | null): void {
    if (classOf[priority] === undefined) {
      throw new HaiosError('INTERNAL', `There is no priority “${priority}”; it is high, normal or low.`);
    }
    const aborted = scope.aborted;
    if (aborted !== null) throw asError(aborted.reason);
    if (parent !== null && !(parent instanceof Call && parent.state === 'running')) {
      throw new HaiosError('INTERNAL', 'A call was made from inside one that is over; make it before that one ends.');
    }
    if (lane.state === 'draining' && parent === null) {
      throw new HaiosError('LANE_DRAINING', `Lane “${lane.name}” is drained and takes no new call; resume it first.`);
    }
    const guests = parent instanceof Call ? (hostIn(lane, parent)?.nest?.guests.length ?? 0) : 0;
    const queued = Math.max(lane.queue.size, this.#held.length, guests);
    if (queued < (this.#limits?.queue ?? 0)) return;
    throw new HaiosError(
      'QUEUE_FULL',
      `${queued} calls already wait in lane “${lane.name}”, as many as lanes.queue allows; wait for some to end, or raise lanes.${lane.name} or lanes.queue.`,
      { details: { queued } },
    );
  }

  /** A call that its scope allows: let in at once if nothing is before it, else queued. */
  #arrive(call: Call, queueClass: QueueClass): void {
    const { lane, nest } = call;
    call.scope.count(1, 0, 0);
    if (nest !== null && nest.host !== null) this.#visit(nest.host, call);
    else if (this.#isFree(lane, call)) this.#admit(lane, call);
    else this.#enqueue(lane, call, queueClass);
    this.#tell(lane);
  }

  #isFree(lane: Lane, call: Call): boolean {
    if (lane.queue.size > 0 || this.#hungry > 0 || !lane.hasRoom) return false;
    return call.isInner || this.#shared.active < this.#shared.limit;
  }

  #enqueue(lane: Lane, call: Call, queueClass: QueueClass): void {
    lane.queue.push(call, queueClass);
    this.#waiting++;
    call.scope.watch(this.#leave);
    if (lane.hasRoom) this.#pump();
    else if (lane.active >= lane.limit) this.#makeRoom(lane);
    if (queueClass === nested && call.state === 'waiting') this.#refuseCycle(call);
  }

  /** A full lane with a new waiter calls for the slots it lent, or borrows one. */
  #makeRoom(lane: Lane): void {
    if (lane.lent > 0) {
      for (const other of this.#lanes) if (other.borrowed > 0) giveBack(this.#lanes, other);
      this.#pump();
    } else if (this.#shared.active < this.#shared.limit && this.#borrowFor(lane)) {
      this.#pump();
    }
  }

  #borrowFor(lane: Lane): boolean {
    return this.#limits?.rebalance === true && lane.state !== 'paused' && lane.lent === 0 && borrow(this.#lanes, lane);
  }

  /** Fewer slots may leave calls from inside others waiting for ever. */
  #refuseCycles(): void {
    for (const { children } of parentsIn(this.#lanes)) {
      for (const call of children) if (call.state === 'waiting') this.#refuseCycle(call);
    }
  }

  /** A call from inside another one does not wait for what only that one's end can free. */
  #refuseCycle(call: Call): void {
    const cycle = cycleOf(this.#lanes, call);
    if (cycle === null) return;
    this.#takeOut(call.lane, (other) => other === call);
    const nest = call.nest?.host?.nest ?? null;
    if (nest !== null) nest.guests = nest.guests.filter((guest) => guest !== call);
    const names = cycle.map(({ name }) => name).join(', ');
    this.#dismiss(
      call,
      new HaiosError(
        'LANE_CYCLE',
        `All slots of ${names} are held by calls that wait for each other; raise lanes.${call.lane.name}, or make the call outside of the one in lane “${call.nest?.parent?.lane.name ?? ''}”.`,
      ),
    );
  }

  /** A call of the same lane runs in the slot of the one around it, one at a time. */
  #visit(host: Call, call: Call): void {
    if (host.nest === null) return;
    if (host.nest.guest === null) {
      host.nest.guest = call;
      this.#begin(call);
      return;
    }
    host.nest.guests.push(call);
    call.scope.watch(this.#leave);
    this.#refuseCycle(call);
  }

  #admit(lane: Lane, call: Call): void {
    lane.active++;
    if (!call.isInner) this.#shared.active++;
    this.#begin(call);
  }

  #begin(call: Call): void {
    const { job } = call;
    call.state = 'running';
    if (typeof job === 'function') call.job = null;
    call.scope.count(-1, 1, 0);
    const seat = this.#seats.pop() ?? this.#newSeat();
    seat.call = call;
    let result: Promise<unknown>;
    try {
      const given = typeof job === 'function' ? job(call) : job?.begin(call);
      // Anything but a plain promise may settle twice or throw when it is asked: it is heard through one that is plain.
      result = given instanceof Promise && given.then === plainThen ? given : Promise.resolve(given);
    } catch (error) {
      result = rejected(error);
    }
    result.then(seat.succeeded, seat.failed);
  }

  #newSeat(): Seat {
    const seat: Seat = {
      call: null,
      succeeded: (value) => {
        const call = this.#stand(seat);
        if (typeof call?.job === 'object') call.job?.succeeded(value);
        call?.resolve(value);
        if (call !== null) this.#settled(call);
      },
      failed: (error) => {
        const call = this.#stand(seat);
        const told = typeof call?.job === 'object' && call.job !== null ? call.job.failed(error) : error;
        call?.reject(told);
        if (call !== null) this.#settled(call);
      },
    };
    return seat;
  }

  /** Frees a seat and gives the call that was in it. */
  #stand(seat: Seat): Call | null {
    const { call } = seat;
    seat.call = null;
    this.#seats.push(seat);
    return call;
  }

  /** A call is over when its own work and everything that was made from inside it is. */
  #settled(call: Call): void {
    call.state = 'settled';
    if (call.nest === null || call.nest.children.size === 0) this.#end(call);
  }

  #end(call: Call): void {
    const { lane, nest, scope } = call;
    call.state = 'over';
    call.job = null;
    scope.count(0, -1, 0);
    if (nest === null || nest.host === null) this.#release(lane, call);
    else this.#nextGuest(nest.host);
    if (nest !== null) this.#leaveParent(call);
    if (this.#held.length > 0) this.#unhold();
    this.#tellDrained(lane);
    this.#tell(lane);
  }

  #leaveParent(call: Call): void {
    const parent = call.nest?.parent ?? null;
    if (orphan(call) && parent !== null) this.#end(parent);
  }

  /** Hands the slot of a call that is over to the next one. */
  #release(lane: Lane, call: Call): void {
    const simple =
      this.#hungry === 0 &&
      lane.borrowed === 0 &&
      lane.state !== 'paused' &&
      lane.active <= lane.limit &&
      !call.isInner &&
      this.#shared.active <= this.#shared.limit;
    const next = simple ? lane.queue.take(false) : null;
    if (next !== null) {
      this.#waiting--;
      if (next.isInner) this.#shared.active--;
      this.#begin(next);
      return;
    }
    lane.active--;
    if (!call.isInner) this.#shared.active--;
    if (lane.borrowed > 0) giveBack(this.#lanes, lane);
    if (this.#waiting > 0) this.#pump();
    if (!simple) this.#refuseCycles();
  }

  #nextGuest({ nest }: Call): void {
    if (nest === null) return;
    nest.guest = nest.guests.shift() ?? null;
    if (nest.guest !== null) this.#begin(nest.guest);
  }

  /** Lets in what waits, as far as limits allow: the best class first, and no lane passed over for ever. */
  #pump(): void {
    const shared = this.#shared;
    for (;;) {
      const full = shared.active >= shared.limit;
      const lane = this.#nextLane(full);
      const call = lane?.queue.take(full) ?? null;
      if (lane === null || call === null) break;
      this.#waiting--;
      this.#admit(lane, call);
    }
    this.#hungry = this.#lanes.reduce((count, lane) => count + (lane.isReady(false) ? 1 : 0), 0);
  }

  #nextLane(globalFull: boolean): Lane | null {
    let best: Lane | null = null;
    let bestRank = Infinity;
    for (const lane of this.#lanes) {
      if (!globalFull && lane.queue.size > 0 && lane.active >= lane.limit) this.#borrowFor(lane);
      if (!lane.isReady(globalFull)) continue;
      const rank = lane.skipped >= lanePatience ? -1 : (lane.queue.due(globalFull) ?? Infinity);
      if (rank < bestRank || (rank === bestRank && best !== null && lane.skipped > best.skipped)) {
        best = lane;
        bestRank = rank;
      }
    }
    if (best === null) return null;
    for (const lane of this.#lanes) if (lane !== best && lane.isReady(globalFull)) lane.skipped++;
    best.skipped = 0;
    return best;
  }

  /** An aborted scope: its waiting calls leave at once, with the reason. */
  readonly #leave = (scope: Scope): void => {
    const reason = asError(scope.signal?.reason);
    const leaves = (call: Call): boolean => call.scope.within(scope);
    const dropped = this.#held.filter(({ call }) => leaves(call));
    this.#held = this.#held.filter(({ call }) => !leaves(call));
    for (const { call } of dropped) this.#drop(call, reason);
    const gone = this.#lanes.flatMap((lane) => this.#takeOut(lane, leaves));
    for (const nest of parentsIn(this.#lanes)) {
      gone.push(...nest.guests.filter(leaves));
      nest.guests = nest.guests.filter((guest) => !leaves(guest));
    }
    for (const call of gone) this.#dismiss(call, reason);
    this.#pump();
    for (const lane of new Set(gone.map((call) => call.lane))) {
      this.#tellDrained(lane);
      this.#tell(lane);
    }
  };

  #takeOut(lane: Lane, leaves: (call: Call) => boolean): Call[] {
    const out = lane.queue.remove(leaves);
    this.#waiting -= out.length;
    return out;
  }

  /** Rejects a call that waited in a queue. */
  #dismiss(call: Call, reason: Error): void {
    call.scope.count(-1, 0, 0);
    this.#drop(call, reason);
    if (this.#held.length > 0) this.#unhold();
  }

  #drop(call: Call, reason: Error): void {
    call.state = 'over';
    if (typeof call.job === 'object') call.job?.refused(reason);
    call.job = null;
    call.reject(reason);
    this.#leaveParent(call);
  }

  /** Lets calls go on that a scope's limit held back. */
  #unhold(): void {
    const held = this.#held;
    for (let at = 0; at < held.length && held === this.#held;) {
      const entry = held[at];
      if (entry === undefined || entry.call.scope.isFull) {
        at++;
        continue;
      }
      held.splice(at, 1);
      this.#arrive(entry.call, entry.queueClass);
    }
  }

  #enter(laneName: LaneName | null, state: LaneState): readonly Lane[] {
    const lanes = laneName === null ? this.#lanes : [this.#laneOf(laneName)];
    for (const lane of lanes) {
      lane.state = state;
      if (state === 'open') for (const resolve of lane.drained.splice(0)) resolve();
    }
    this.#pump();
    for (const lane of lanes) this.#tell(lane);
    return lanes;
  }

  #laneOf(name: LaneName): Lane {
    const lane = this.#byName.get(name);
    if (lane !== undefined) return lane;
    throw new HaiosError('INTERNAL', `There is no lane “${name}”; the lanes are: ${laneNames.join(', ')}.`);
  }

  #tellDrained(lane: Lane): void {
    if (lane.drained.length > 0 && isEmpty(lane)) for (const resolve of lane.drained.splice(0)) resolve();
  }

  #tell(lane: Lane): void {
    try {
      this.#events.changed(lane.name);
    } catch (error) {
      this.#events.onListenerError(error);
    }
  }
}

function isEmpty(lane: Lane): boolean {
  return lane.active === 0 && lane.queue.size === 0;
}

function asError(reason: unknown): Error {
  return reason instanceof Error
    ? reason
    : new HaiosError('CANCELLED', 'The call was cancelled while it waited for a slot.');
}
