import { HaiosError } from '../errors.ts';

/** A message as its receiver reads it: who sent it, and what. */
export interface Message<B> {
  readonly from: string;
  readonly body: B;
}

/** What a sender chose for a full mailbox: wait until there is room, or drop the message and count it. */
export type WhenFull = 'wait' | 'drop';
/** At once for a message that fits or is dropped; a promise only for one that waits, which rejects when the mailbox closes. */
export type Sent = 'sent' | 'dropped' | Promise<'sent'>;

/** What happened to a mailbox's messages since it was last told, for the counters. */
export type Tally = (taken: number, dropped: number) => void;

type Reader<B> = (messages: Promise<readonly Message<B>[]>) => void;

interface Waiter<B> {
  readonly body: B;
  readonly taken: () => void;
  readonly closed: (reason: Error) => void;
}

/**
 * The messages that wait for one agent: at most `capacity`, in the order in which they were sent, so in order for each
 * sender. One reader. Nothing on the way of a message that fits makes a promise, and a reader takes all that waits at once.
 */
export class Mailbox<B> {
  readonly #owner: string;
  readonly #capacity: number;
  readonly #tally: Tally;
  #messages: Message<B>[] = [];
  #dropped = 0;
  /** Senders that wait for room, the longest waiting first. There are some only while the mailbox is full. */
  #waiting: Map<string, Waiter<B>> | null = null;
  #reader: Reader<B> | null = null;
  #closed: Error | null = null;

  constructor(owner: string, capacity: number, tally: Tally) {
    this.#owner = owner;
    this.#capacity = capacity;
    this.#tally = tally;
  }

  /** How many messages wait to be read. */
  get length(): number {
    return this.#messages.length;
  }

  /**
   * Takes a message. Throws why the mailbox is closed, or QUEUE_FULL for a sender that did not wait until its last
   * message was taken: so no more wait than there are senders.
   */
  send(from: string, body: B, whenFull: WhenFull): Sent {
    if (this.#closed !== null) throw this.#closed;
    if (this.#messages.length < this.#capacity) {
      this.#messages.push({ from, body });
      if (this.#reader !== null) this.#wake(this.#reader);
      return 'sent';
    }
    if (whenFull === 'drop') {
      this.#dropped += 1;
      return 'dropped';
    }
    return this.#waitForRoom(from, body);
  }

  /** All that waits, in order; empty when nothing does. Those who waited for room move up. Throws why the mailbox is closed. */
  drain(): readonly Message<B>[] {
    if (this.#closed !== null) throw this.#closed;
    const messages = this.#messages;
    if (messages.length === 0) return messages;
    this.#messages = [];
    this.#tell(messages.length);
    if (this.#waiting !== null) this.#moveUp(this.#waiting);
    return messages;
  }

  /** Like `drain`, but waits for the first message, and then for what else comes at once. Rejects with why the mailbox is closed. */
  receive(): Promise<readonly Message<B>[]> {
    return new Promise((resolve) => {
      if (this.#reader !== null) {
        throw new HaiosError(
          'INTERNAL',
          `Agent “${this.#owner}” already waits for its messages; a mailbox has one reader.`,
        );
      }
      if (this.#messages.length === 0 && this.#closed === null) this.#reader = resolve;
      else resolve(this.drain());
    });
  }

  /** Takes and gives no more: whoever waits to send or to read is told the reason. Unread messages count as dropped. Idempotent. */
  close(reason: Error): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    const unread = this.#messages.length;
    this.#messages = [];
    this.#dropped += unread;
    this.#tell(unread);
    for (const waiter of this.#waiting?.values() ?? []) waiter.closed(reason);
    this.#waiting = null;
    if (this.#reader !== null) this.#wake(this.#reader);
  }

  #wake(reader: Reader<B>): void {
    this.#reader = null;
    reader(Promise.resolve().then(() => this.receive()));
  }

  #waitForRoom(from: string, body: B): Promise<'sent'> {
    const waiting = (this.#waiting ??= new Map());
    if (waiting.has(from)) {
      throw new HaiosError(
        'QUEUE_FULL',
        `The mailbox of agent “${this.#owner}” is full (agents.mailbox = ${this.#capacity}) and a message of “${from}” already waits for room; wait until it is taken.`,
      );
    }
    return new Promise<'sent'>((resolve, reject) => {
      waiting.set(from, { body, taken: () => resolve('sent'), closed: reject });
    });
  }

  #moveUp(waiting: Map<string, Waiter<B>>): void {
    for (const [from, { body, taken }] of waiting) {
      if (this.#messages.length >= this.#capacity) return;
      waiting.delete(from);
      this.#messages.push({ from, body });
      taken();
    }
    this.#waiting = null;
  }

  #tell(taken: number): void {
    if (taken > 0 || this.#dropped > 0) this.#tally(taken, this.#dropped);
    this.#dropped = 0;
  }
}
