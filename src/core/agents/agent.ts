import type { AgentTier } from '../../catalogue/lanes.ts';
import { HaiosError } from '../errors.ts';
import { Mailbox, type Message, type Sent, type Tally, type WhenFull } from './mailbox.ts';

/** An agent at work: a place of the pool and a mailbox. To be ended in `finally`. */
export class Agent<B> {
  /** Unique among the agents of its run that are at work, e.g. `lead-1`, `worker-2`. */
  readonly id: string;
  readonly tier: AgentTier;
  readonly #crew: Crew<B>;
  readonly #mailbox: Mailbox<B>;

  constructor(id: string, tier: AgentTier, crew: Crew<B>, mailbox: Mailbox<B>) {
    this.id = id;
    this.tier = tier;
    this.#crew = crew;
    this.#mailbox = mailbox;
  }

  get runId(): string {
    return this.#crew.runId;
  }

  /** How many messages wait to be read. */
  get unread(): number {
    return this.#mailbox.length;
  }

  /**
   * Sends to another agent of the run; see `Mailbox.send`. Throws AGENT_UNKNOWN for one that is not at work (any more),
   * and the run's reason once that is cancelled.
   */
  send(to: string, body: B, whenFull: WhenFull = 'wait'): Sent {
    return this.#crew.mailbox(to).send(this.id, body, whenFull);
  }

  /** See `Mailbox.drain`. */
  drain(): readonly Message<B>[] {
    return this.#mailbox.drain();
  }

  /** See `Mailbox.receive`. */
  receive(): Promise<readonly Message<B>[]> {
    return this.#mailbox.receive();
  }

  /** Gives its place back; who waits to send to it is told AGENT_UNKNOWN. Idempotent. */
  end(): void {
    this.#crew.leave(this);
  }
}

/** The agents of one run: they reach one another and no others, and their mailboxes close with the run's signal. */
export class Crew<B> {
  readonly runId: string;
  readonly #signal: AbortSignal;
  readonly #onLeave: (agent: Agent<B>, left: number) => void;
  readonly #mailboxes = new Map<string, Mailbox<B>>();
  readonly #cancel = (): void => {
    for (const mailbox of this.#mailboxes.values()) mailbox.close(reasonOf(this.#signal));
  };
  #joined = 0;

  constructor(runId: string, signal: AbortSignal, onLeave: (agent: Agent<B>, left: number) => void) {
    this.runId = runId;
    this.#signal = signal;
    this.#onLeave = onLeave;
    signal.addEventListener('abort', this.#cancel, { once: true });
  }

  join(tier: AgentTier, capacity: number, tally: Tally): Agent<B> {
    const id = `${tier}-${++this.#joined}`;
    const mailbox = new Mailbox<B>(id, capacity, tally);
    this.#mailboxes.set(id, mailbox);
    return new Agent(id, tier, this, mailbox);
  }

  mailbox(id: string): Mailbox<B> {
    const mailbox = this.#mailboxes.get(id);
    if (mailbox !== undefined) return mailbox;
    if (this.#signal.aborted) throw reasonOf(this.#signal);
    throw notAtWork(id);
  }

  leave(agent: Agent<B>): void {
    const mailbox = this.#mailboxes.get(agent.id);
    if (mailbox === undefined) return;
    this.#mailboxes.delete(agent.id);
    mailbox.close(notAtWork(agent.id));
    if (this.#mailboxes.size === 0) this.#signal.removeEventListener('abort', this.#cancel);
    this.#onLeave(agent, this.#mailboxes.size);
  }
}

/** The reason of an aborted signal as an error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new HaiosError('CANCELLED', 'The run was cancelled.');
}

function notAtWork(id: string): HaiosError {
  return new HaiosError('AGENT_UNKNOWN', `There is no agent “${id}” at work in this run; it has ended or never began.`);
}
