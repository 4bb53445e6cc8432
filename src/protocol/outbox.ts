import type { NotificationName, Notifications } from './messages.ts';

/** One notification. */
export type Told = { readonly [N in NotificationName]: readonly [name: N, value: Notifications[N]] }[NotificationName];

/** Notifications of one name that follow each other, as they cross the border. */
export type Group = readonly [name: NotificationName, values: Told[1][]];

interface Batch {
  readonly groups: Group[];
  size: number;
  readonly written: Promise<void>;
  readonly settle: () => void;
}

/** Most notifications in one message. */
const batchSize = 1000;

/**
 * What is told in one turn of the event loop goes as one message, in order, and so does what is told while the last
 * message is still on its way: a slow reader gets fewer and larger ones.
 */
export class Outbox {
  readonly #send: (groups: readonly Group[]) => Promise<void>;
  #batches: Batch[] = [];
  #waiting = 0;
  #state: 'idle' | 'scheduled' | 'sending' = 'idle';

  /** `send` resolves when the transport took the message; it never rejects. */
  constructor(send: (groups: readonly Group[]) => Promise<void>) {
    this.#send = send;
  }

  /** How many were told and not yet handed to the transport. Whoever tells without end must look at it. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the transport took it. */
  add(told: Told): Promise<void> {
    const last = this.#batches.at(-1);
    const batch = last === undefined || last.size >= batchSize ? this.#begin() : last;
    const [name, value] = told;
    const group = batch.groups.at(-1);
    if (group?.[0] === name) group[1].push(value);
    else batch.groups.push([name, [value]]);
    batch.size += 1;
    this.#waiting += 1;
    if (this.#state === 'idle') {
      this.#state = 'scheduled';
      setImmediate(() => void this.#drain());
    }
    return batch.written;
  }

  /** Sends all of it now, whatever is on its way: what is sent next must not overtake it. */
  flush(): void {
    for (const batch of this.#take(Infinity)) void this.#write(batch);
  }

  async #drain(): Promise<void> {
    this.#state = 'sending';
    for (let [batch] = this.#take(1); batch !== undefined; [batch] = this.#take(1)) await this.#write(batch);
    this.#state = 'idle';
  }

  #begin(): Batch {
    let settle = (): void => undefined;
    const written = new Promise<void>((resolve) => (settle = resolve));
    const batch = { groups: [], size: 0, written, settle };
    this.#batches.push(batch);
    return batch;
  }

  #take(most: number): readonly Batch[] {
    const taken = this.#batches.splice(0, most);
    for (const { size } of taken) this.#waiting -= size;
    return taken;
  }

  async #write({ groups, settle }: Batch): Promise<void> {
    await this.#send(groups);
    settle();
  }
}
