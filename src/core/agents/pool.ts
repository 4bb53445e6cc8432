import type { AgentTier } from '../../catalogue/lanes.ts';
import { HaiosError } from '../errors.ts';
import type { Observer } from '../events.ts';
import type { Clock } from '../ports.ts';
import { Crew, reasonOf, type Agent } from './agent.ts';
import type { Tally } from './mailbox.ts';

export interface AgentLimits {
  /** Most agents at once (`agents.capacity`). */
  readonly capacity: number;
  /** Most messages that wait for one agent (`agents.mailbox`); for agents started from now on. */
  readonly mailbox: number;
}

/** Who is asked for. Agents of one run share its id and its signal. */
export interface AgentAsked {
  readonly tier: AgentTier;
  readonly runId: string;
  readonly signal: AbortSignal;
}

/** The agents of all runs of a runtime, `capacity` at most. How long each took to start is told with `agent_started`. */
export class AgentPool<B> {
  #limits: AgentLimits;
  #active = 0;
  readonly #crews = new Map<string, Crew<B>>();
  /** Who waits for a place, the longest waiting first. */
  readonly #waiting = new Set<() => void>();
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #observe: Observer;
  readonly #tally: Tally;

  constructor(limits: AgentLimits, clock: Pick<Clock, 'monotonic'>, observe: Observer) {
    this.#limits = limits;
    this.#clock = clock;
    this.#observe = observe;
    this.#tally = (taken, dropped) => {
      if (taken > 0) observe({ type: 'messages_sent', count: taken });
      if (dropped > 0) observe({ type: 'messages_dropped', count: dropped });
    };
  }

  get active(): number {
    return this.#active;
  }

  /** Takes effect at once; agents above a lowered capacity work on. */
  setLimits(limits: AgentLimits): void {
    this.#limits = limits;
    this.#grant();
  }

  /** An agent that is ready. Throws AGENTS_FULL while the pool is full, and the signal's reason once it is aborted. */
  start(asked: AgentAsked): Agent<B> {
    if (!this.#hasPlace()) {
      throw new HaiosError(
        'AGENTS_FULL',
        `All ${this.#limits.capacity} agents that agents.capacity allows are at work; wait for some to end, or raise agents.capacity.`,
      );
    }
    return this.#enter(asked, this.#clock.monotonic());
  }

  /**
   * Like `start`, but waits for its turn while the pool is full, or rejects with the signal's reason. Only for one that
   * holds no agent yet: those who wait while they hold one could wait for each other for ever.
   */
  startWhenFree(asked: AgentAsked): Promise<Agent<B>> {
    const { signal } = asked;
    const askedAt = this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      if (signal.aborted || this.#hasPlace()) return resolve(this.#enter(asked, askedAt));
      const grant = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(this.#enter(asked, askedAt));
      };
      const leave = (): void => {
        this.#waiting.delete(grant);
        reject(reasonOf(signal));
      };
      this.#waiting.add(grant);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #hasPlace(): boolean {
    return this.#waiting.size === 0 && this.#active < this.#limits.capacity;
  }

  #enter({ tier, runId, signal }: AgentAsked, askedAt: number): Agent<B> {
    if (signal.aborted) throw reasonOf(signal);
    let crew = this.#crews.get(runId);
    if (crew === undefined) {
      crew = new Crew<B>(runId, signal, (agent, left) => this.#left(agent, left));
      this.#crews.set(runId, crew);
    }
    const agent = crew.join(tier, this.#limits.mailbox, this.#tally);
    this.#active += 1;
    this.#observe({ type: 'agent_started', tier, startupMs: this.#clock.monotonic() - askedAt });
    return agent;
  }

  #left({ tier, runId }: Agent<B>, left: number): void {
    if (left === 0) this.#crews.delete(runId);
    this.#active -= 1;
    this.#observe({ type: 'agent_ended', tier });
    this.#grant();
  }

  #grant(): void {
    for (const grant of this.#waiting) {
      if (this.#active >= this.#limits.capacity) return;
      this.#waiting.delete(grant);
      grant();
    }
  }
}
