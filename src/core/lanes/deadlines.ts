import type { Clock } from '../ports.ts';

/** Something that is told when its time is up. The fields belong to `Deadlines`. */
export interface Deadline {
  /** When its time began to run, by the monotonic clock, ms. */
  readonly since: number;
  due(): void;
  list: DeadlineList | null;
  before: Deadline | null;
  behind: Deadline | null;
}

/** Deadlines of the same length: they are due in the order in which they came. */
export interface DeadlineList {
  readonly ms: number;
  first: Deadline | null;
  last: Deadline | null;
  cancel: () => void;
}

/** Many deadlines on few timers: one for each length, so that a call costs none of its own. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lists = new Map<number, DeadlineList>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(deadline: Deadline, ms: number): void {
    let list = this.#lists.get(ms);
    if (list === undefined) {
      list = { ms, first: null, last: null, cancel: () => undefined };
      this.#lists.set(ms, list);
      this.#arm(list, ms);
    }
    deadline.list = list;
    deadline.before = list.last;
    if (list.last === null) list.first = deadline;
    else list.last.behind = deadline;
    list.last = deadline;
  }

  /** Idempotent. */
  remove(deadline: Deadline): void {
    const { list, before, behind } = deadline;
    if (list === null) return;
    if (before === null) list.first = behind;
    else before.behind = behind;
    if (behind === null) list.last = before;
    else behind.before = before;
    deadline.list = deadline.before = deadline.behind = null;
    if (list.first !== null) return;
    list.cancel();
    this.#lists.delete(list.ms);
  }

  #arm(list: DeadlineList, ms: number): void {
    list.cancel = this.#clock.after(ms, () => this.#tell(list));
  }

  #tell(list: DeadlineList): void {
    const now = this.#clock.monotonic();
    for (let first = list.first; first !== null && first.since + list.ms <= now; first = list.first) {
      this.remove(first);
      first.due();
    }
    if (list.first !== null) this.#arm(list, list.first.since + list.ms - now);
  }
}
