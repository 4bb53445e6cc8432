/** Classes of a queue in order of preference. Calls from inside others come first: they let a slot end. */
export const classes = ['nested', 'high', 'normal', 'low'] as const;
export type QueueClass = 0 | 1 | 2 | 3;
export const nested: QueueClass = 0;

/**
 * Ageing: how often a class with calls waiting may be passed over before it is next. Counted in calls that were let in,
 * not in time, so that no clock that jumps can starve anybody.
 */
export const patience = [Infinity, 4, 8, 16] as const;

/**
 * The bound that ageing gives: a call of a class is let in after at most this many calls of its lane, for each run that
 * waits in its class and each call of its own run before it (itself included).
 */
export function worstTurn(queueClass: QueueClass): number {
  // Lower classes that are due at the same moment go first, once each.
  return patience[queueClass] + (classes.length - 1 - queueClass) + 1;
}

/** What can wait in a queue: linked to the one behind it, and belonging to a run. */
export interface Queued<C> {
  next: C | null;
  readonly scope: { readonly root: { readonly flows: unknown[] } };
}

/** The calls of one run in one class of one lane, first come, first served. */
class Flow<C> {
  head: C | null = null;
  tail: C | null = null;
  next: Flow<C> | null = null;
}

/** A ring of the runs that wait in one class: each in its turn, one call a turn. */
class Ring<C extends Queued<C>> {
  size = 0;
  passed = 0;
  /** The flow whose turn came last; its `next` is the one whose turn it is. */
  #last: Flow<C> | null = null;

  push(flow: Flow<C>, call: C): void {
    this.size++;
    if (flow.tail !== null) {
      flow.tail.next = call;
      flow.tail = call;
      return;
    }
    flow.head = flow.tail = call;
    this.#join(flow);
  }

  shift(): C | null {
    const last = this.#last;
    const flow = last?.next ?? null;
    const call = flow?.head ?? null;
    if (last === null || flow === null || call === null) return null;
    this.size--;
    flow.head = call.next;
    call.next = null;
    if (flow.head !== null) {
      this.#last = flow;
      return call;
    }
    flow.tail = null;
    last.next = flow.next;
    flow.next = null;
    if (last === flow) this.#last = null;
    return call;
  }

  /** Takes out every call that `leaves` says, in order. */
  remove(leaves: (call: C) => boolean, out: C[]): void {
    const flows: Flow<C>[] = [];
    for (let flow = this.#last?.next ?? null; flow !== null; flow = flow === this.#last ? null : flow.next) {
      flows.push(flow);
    }
    this.#last = null;
    for (const flow of flows) {
      let call = flow.head;
      flow.head = flow.tail = flow.next = null;
      while (call !== null) {
        const { next } = call;
        call.next = null;
        if (leaves(call)) {
          this.size--;
          out.push(call);
        } else if (flow.tail === null) {
          flow.head = flow.tail = call;
        } else {
          flow.tail.next = call;
          flow.tail = call;
        }
        call = next;
      }
      if (flow.head !== null) this.#join(flow);
    }
  }

  #join(flow: Flow<C>): void {
    const last = this.#last;
    flow.next = last === null ? flow : last.next;
    if (last !== null) last.next = flow;
    this.#last = flow;
  }
}

/**
 * What waits in one lane: classes by preference with ageing, inside a class runs in turn, inside a run first come, first
 * served. Every operation but `remove` takes constant time.
 */
export class LaneQueue<C extends Queued<C>> {
  size = 0;
  readonly #rings = [new Ring<C>(), new Ring<C>(), new Ring<C>(), new Ring<C>()] as const;
  readonly #lane: number;

  /** `lane` tells the flows of a run in different lanes apart. */
  constructor(lane: number) {
    this.#lane = lane;
  }

  waiting(queueClass: QueueClass): number {
    return this.#rings[queueClass].size;
  }

  push(call: C, queueClass: QueueClass): void {
    const { flows } = call.scope.root;
    const key = this.#lane * classes.length + queueClass;
    this.size++;
    this.#rings[queueClass].push((flows[key] ??= new Flow<C>()) as Flow<C>, call);
  }

  /** The class that is next; null when nothing waits. `nestedOnly`: nothing else may be let in. */
  due(nestedOnly: boolean): QueueClass | null {
    const [inner, high, normal, low] = this.#rings;
    if (nestedOnly) return inner.size > 0 ? nested : null;
    if (low.size > 0 && low.passed >= patience[3]) return 3;
    if (normal.size > 0 && normal.passed >= patience[2]) return 2;
    if (high.size > 0 && high.passed >= patience[1]) return 1;
    return inner.size > 0 ? nested : high.size > 0 ? 1 : normal.size > 0 ? 2 : low.size > 0 ? 3 : null;
  }

  /** The next call, out of the queue; null when nothing waits. */
  take(nestedOnly: boolean): C | null {
    const queueClass = this.due(nestedOnly);
    if (queueClass === null) return null;
    this.size--;
    const ring = this.#rings[queueClass];
    ring.passed = 0;
    for (let lower = queueClass + 1; lower < classes.length; lower++) {
      const other = this.#rings[lower];
      if (other !== undefined && other.size > 0) other.passed++;
    }
    return ring.shift();
  }

  /** Takes out every waiting call that `leaves` says, in order. */
  remove(leaves: (call: C) => boolean): C[] {
    const out: C[] = [];
    for (const ring of this.#rings) if (ring.size > 0) ring.remove(leaves, out);
    this.size -= out.length;
    return out;
  }
}
