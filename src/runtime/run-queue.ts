import { HaiosError } from '../core/errors.ts';
import type { StartAnswer } from '../core/policies/admission.ts';
import { startRules } from '../core/policies/start-rules.ts';
import type { Clock } from '../core/ports.ts';
import type { Notice } from '../protocol/messages.ts';
import type { PlaceRequest, RunPlaces } from '../storage/storage.ts';
import type { Loaded } from './config-store.ts';
import { repositoryOf } from './repository.ts';

export interface RunQueueOptions {
  readonly places: RunPlaces;
  readonly runtimeId: string;
  readonly clock: Clock;
  readonly notice: (notice: Notice) => void;
  readonly onError: (error: unknown) => void;
}

export interface Starter {
  readonly runId: string;
  readonly g: number;
  readonly workspace: string | null;
  readonly agent: string;
  readonly resumed: boolean;
}

/** A run's place among those at work. */
export interface Place {
  /** It waits for its turn. */
  readonly queued: boolean;
  /** Resolves when it is its turn, or at the abort. Never rejects. */
  turn(signal: AbortSignal): Promise<void>;
  /** Gives it back. Idempotent. */
  leave(): void;
}

/** How long it takes at most until a place is seen that another runtime gave back. */
const lookMs = 500;

/** Lets runs start as `policies` allows, over all runtimes of the user. Those that wait start by themselves, in order. */
export class RunQueue {
  readonly #o: RunQueueOptions;
  /** In the order they asked. */
  readonly #waiting = new Map<string, { readonly request: PlaceRequest; readonly start: () => void }>();
  #cancelLook: (() => void) | null = null;
  #looking = false;

  constructor(options: RunQueueOptions) {
    this.#o = options;
  }

  /** Throws RUNS_FULL, naming the rule; nothing is held then. */
  async claim(starter: Starter, loaded: Loaded): Promise<Place> {
    const { places, runtimeId, clock } = this.#o;
    const { runId, workspace, agent, resumed } = starter;
    const repository = workspace === null ? null : await repositoryOf(workspace);
    const subject = { repository, workspace, agent };
    const request: PlaceRequest = { runId, runtimeId, subject, rules: startRules(loaded, subject), resumed };
    const answer = await places.take(request, clock.now());
    let gone = false;
    const leave = (): void => {
      if (gone) return;
      gone = true;
      this.#waiting.delete(runId);
      places.leave(runId).then(() => this.#look(), this.#o.onError);
    };
    switch (answer.kind) {
      case 'started':
        return { queued: false, turn: () => Promise.resolve(), leave };
      case 'queued': {
        const turn = new Promise<void>((start) => this.#waiting.set(runId, { request, start }));
        this.#tellQueued(starter, answer);
        this.#lookLater();
        return { queued: true, turn: (signal) => Promise.race([turn, aborted(signal)]), leave };
      }
      case 'full':
      case 'too_many':
        throw refusal(answer, clock.now());
    }
  }

  #tellQueued({ runId, g }: Starter, { rule, ahead }: Extract<StartAnswer, { kind: 'queued' }>): void {
    const before = ahead === 0 ? '' : ` and ${ahead} ${ahead === 1 ? 'waits' : 'wait'} before it`;
    this.#o.notice({
      level: 'info',
      code: 'RUNS_FULL',
      message: `Run ${g} is queued: ${rule.key}.concurrency = ${rule.concurrency} lets no further run be at work now${before}. It starts by itself.`,
      runId,
    });
  }

  #lookLater(): void {
    if (this.#waiting.size === 0) return;
    this.#cancelLook ??= this.#o.clock.after(lookMs, () => {
      this.#cancelLook = null;
      this.#look();
    });
  }

  /** Asks whether some of those that wait may start. */
  #look(): void {
    if (this.#looking || this.#waiting.size === 0) return;
    this.#looking = true;
    this.#o.places
      .advance(
        [...this.#waiting.values()].map(({ request }) => request),
        this.#o.clock.now(),
      )
      .then((started) => {
        for (const runId of started) {
          this.#waiting.get(runId)?.start();
          this.#waiting.delete(runId);
        }
      }, this.#o.onError)
      .finally(() => {
        this.#looking = false;
        this.#lookLater();
      });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function refusal(answer: Extract<StartAnswer, { kind: 'full' | 'too_many' }>, now: number): HaiosError {
  const { rule } = answer;
  if (answer.kind === 'full') {
    return new HaiosError(
      'RUNS_FULL',
      `${rule.key}.concurrency = ${rule.concurrency} runs are at work and ${rule.key}.queue = ${rule.queue} lets no further one wait (${answer.waiting} ${answer.waiting === 1 ? 'does' : 'do'}); start it when one has ended, or raise one of them.`,
      { details: { rule: `${rule.key}.queue` } },
    );
  }
  const { freesAt } = answer;
  const when = freesAt === null ? 'once those that wait have started' : `at ${localTime(freesAt, now)}`;
  return new HaiosError(
    'RUNS_FULL',
    `${rule.key}.starts_per_hour = ${rule.startsPerHour} runs have started within the hour; the next may start ${when}.`,
    { details: { rule: `${rule.key}.starts_per_hour`, freesAt } },
  );
}

/** `16:40:05`, with its day if that is another one. */
function localTime(at: number, now: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
