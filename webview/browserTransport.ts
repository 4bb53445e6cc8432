import { readError, readHostMessage } from './border.ts';
import { isObject } from './guards.ts';
import { failed, noAnswer, Pending } from './pending.ts';
import type { Timers } from './pending.ts';
import type { Outcome } from './remote.ts';
import { readOnlyTasks } from './task-requests.ts';
import type { Transport } from './transport.ts';

/** The part of an EventSource that is used. */
export interface EventStream {
  close(): void;
}
export interface StreamHandlers {
  onData(data: string): void;
  /** `closed`: the stream does not come back by itself. */
  onError(closed: boolean): void;
}

export interface BrowserEnvironment {
  readonly open: (url: string, handlers: StreamHandlers) => EventStream;
  readonly get: (url: string) => Promise<{ readonly ok: boolean; readonly json: () => Promise<unknown> }>;
  readonly storage: { readonly load: () => unknown; readonly save: (view: unknown) => void };
  readonly timers: Timers;
}

const firstRetryMs = 1000;
const lastRetryMs = 15_000;
const away = 'The runtime does not answer. This page goes on by itself when it is back.';

/** Reads `/events` (events named by their type, each with a HostMessage as JSON) and asks `/api/<method>`; it sends nothing that changes anything. */
export function browserTransport({ open, get, storage, timers }: BrowserEnvironment): Transport {
  const pending = new Pending(timers);
  let stream: EventStream | null = null;
  let retryMs = firstRetryMs;
  let connect = (): void => undefined;

  return {
    readOnly: true,
    start(onMessage) {
      connect = (): void => {
        stream?.close();
        stream = open('events', {
          onData(data) {
            const message = readHostMessage(parse(data));
            if (!message) return;
            if (message.type === 'snapshot') retryMs = firstRetryMs;
            onMessage(message);
          },
          onError(closed) {
            pending.failAll(away);
            onMessage({ type: 'lost', message: away });
            if (!closed) return;
            timers.set(connect, retryMs);
            retryMs = Math.min(retryMs * 2, lastRetryMs);
          },
        });
      };
      connect();
    },
    post: () => undefined,
    request: (method, params) =>
      pending.request((id) => {
        const url = `api/${method}?params=${encodeURIComponent(JSON.stringify(params))}`;
        void ask(get, url).then((outcome) => pending.settle(id, outcome));
      }),
    controlTask: () => Promise.resolve(failed('USAGE', readOnlyTasks)),
    resync: () => connect(),
    loadView: storage.load,
    saveView: storage.save,
  };
}

async function ask(get: BrowserEnvironment['get'], url: string): Promise<Outcome<unknown>> {
  try {
    const response = await get(url);
    const body = await response.json();
    if (response.ok) return { ok: true, value: body };
    return { ok: false, error: readError(isObject(body) && 'error' in body ? body['error'] : body) };
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError'
      ? failed('TIMEOUT', noAnswer)
      : failed('RUNTIME_LOST', away);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
