import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../../catalogue/errors.ts';
import { HaiosError, messageOf } from '../../core/errors.ts';
import type { Operations, Reply, Request, ThreadData, ThreadMessage } from './messages.ts';
import { fromThreadError } from './messages.ts';

export interface ThreadEvents {
  /** Health and notices of the thread. */
  readonly onMessage: (message: Exclude<ThreadMessage, { type: 'ready' | 'failed' | 'replies' }>) => void;
  /** The thread ended or could not start again; it is started anew after a pause that grows. */
  readonly onLost: (error: HaiosError) => void;
  readonly onReady: () => void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: HaiosError) => void;
  readonly lostCode: ErrorCode;
}

type State =
  | { readonly type: 'starting'; readonly worker: Worker }
  | { readonly type: 'ready'; readonly worker: Worker }
  | { readonly type: 'down'; readonly timer: NodeJS.Timeout | null; readonly why: string }
  | { readonly type: 'closed' };

/** A thread that needs more ends, and is started anew; the process goes on. */
const maxHeapMb = 512;
const firstPauseMs = 50;
const longestPauseMs = 10_000;

/**
 * A worker thread that answers requests by id. Every request settles: with its reply, or with the `lostCode` it was
 * made with when the thread dies, is down or is closed. Requests of one turn travel as one message, in order.
 */
export class ThreadClient<O extends Operations> {
  readonly #path: string;
  #data: ThreadData;
  readonly #name: string;
  readonly #events: ThreadEvents;
  readonly #pending = new Map<number, Pending>();
  #outbox: Request[] = [];
  #nextId = 1;
  #pauseMs = firstPauseMs;
  #state: State = { type: 'down', timer: null, why: 'it was not started' };

  constructor(path: string, data: ThreadData, name: string, events: ThreadEvents) {
    this.#path = path;
    this.#data = data;
    this.#name = name;
    this.#events = events;
  }

  /** Resolves when the thread is ready; rejects with its error when it could not open what it needs. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#launch(resolve, reject));
  }

  request<K extends keyof O & string>(
    operation: K,
    params: O[K]['params'],
    lostCode: ErrorCode,
  ): Promise<O[K]['result']> {
    const state = this.#state;
    if (state.type === 'down' || state.type === 'closed') {
      return Promise.reject(new HaiosError(lostCode, this.#downMessage(state)));
    }
    const id = this.#nextId++;
    if (this.#outbox.length === 0) queueMicrotask(() => this.#post());
    this.#outbox.push({ id, operation, params });
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, lostCode });
    });
  }

  /** Ends the thread at once; what is still pending is rejected. */
  async close(): Promise<void> {
    const state = this.#state;
    if (state.type === 'closed') return;
    this.#state = { type: 'closed' };
    if (state.type === 'down' && state.timer !== null) clearTimeout(state.timer);
    this.#rejectAll('storage is closed.');
    if (state.type === 'ready' || state.type === 'starting') await state.worker.terminate();
  }

  #launch(started: () => void, failed: (error: HaiosError) => void): void {
    let worker: Worker;
    try {
      worker = new Worker(this.#path, {
        workerData: this.#data,
        name: `haios-${this.#name}`,
        resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      });
    } catch (error) {
      failed(this.#startError(messageOf(error)));
      return;
    }
    let cause: string | null = null;
    let opened = false;
    this.#state = { type: 'starting', worker };
    worker.on('message', (message: ThreadMessage) => {
      switch (message.type) {
        case 'ready':
          opened = true;
          if (this.#state.type === 'closed') return;
          this.#state = { type: 'ready', worker };
          this.#pauseMs = firstPauseMs;
          // What a person agreed to holds for the first start only.
          this.#data = { ...this.#data, newLedger: false };
          started();
          this.#events.onReady();
          return;
        case 'failed':
          opened = true;
          failed(fromThreadError(message.error));
          cause = message.error.message;
          return;
        case 'replies':
          for (const reply of message.replies) this.#settle(reply);
          return;
        default:
          this.#events.onMessage(message);
      }
    });
    worker.on('error', (error: unknown) => {
      cause = messageOf(error);
    });
    worker.on('exit', (code) => {
      const why = cause ?? `it ended with code ${code}`;
      if (!opened) failed(this.#startError(why));
      if (this.#state.type === 'closed') return;
      this.#lost(why);
    });
  }

  #post(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    const state = this.#state;
    if (state.type !== 'ready' && state.type !== 'starting') return;
    try {
      state.worker.postMessage(requests);
    } catch {
      // One of them holds what cannot be cloned: the others must not suffer for it.
      for (const request of requests) this.#postAlone(state.worker, request);
    }
  }

  #postAlone(worker: Worker, request: Request): void {
    try {
      worker.postMessage([request]);
    } catch (error) {
      const message = `The request ${request.operation} to the ${this.#name} thread cannot be sent: ${messageOf(error)}`;
      this.#pending.get(request.id)?.reject(new HaiosError('INTERNAL', message, { cause: error }));
      this.#pending.delete(request.id);
    }
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) pending?.reject(fromThreadError(reply.error));
    else pending?.resolve(reply.result);
  }

  #lost(why: string): void {
    const timer = setTimeout(() => {
      this.#launch(
        () => undefined,
        () => undefined,
      );
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    this.#state = { type: 'down', timer, why };
    this.#rejectAll(`${this.#name} thread stopped (${why}); it is being started again.`);
    this.#events.onLost(new HaiosError('DATABASE_UNAVAILABLE', this.#downMessage(this.#state)));
  }

  #rejectAll(why: string): void {
    this.#outbox = [];
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, lostCode } of pending) reject(new HaiosError(lostCode, `The request was lost: the ${why}`));
  }

  #startError(why: string): HaiosError {
    return new HaiosError(
      'DATABASE_UNAVAILABLE',
      `The ${this.#name} thread (${this.#path}) could not be started: ${why}`,
    );
  }

  #downMessage(state: State): string {
    if (state.type !== 'down') return 'Storage is closed: nothing can be read or written any more.';
    return `The database thread stopped (${state.why}); it is being started again. Try again in a moment.`;
  }
}
