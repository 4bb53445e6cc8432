import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc';
import type { ErrorCode } from '../catalogue/errors.ts';
import { errors } from '../catalogue/errors.ts';
import type { Method, NotificationName, Notifications, Params, Requests, Result, WireError } from './messages.ts';
import { Outbox, type Group, type Told } from './outbox.ts';

/** An error that came over the channel, or the channel's own end. `code` is one of the catalogue's. */
export class ChannelError extends Error {
  readonly code: ErrorCode;
  constructor(error: WireError) {
    super(error.message);
    this.name = 'ChannelError';
    this.code = error.code;
  }
}

export type Handlers = { readonly [M in Method]: (params: Params<M>) => Promise<Result<M>> };
export type Listener<N extends NotificationName> = (value: Notifications[N]) => void;

/** The side that asks. Every request settles: reply, error, timeout or closed channel. */
export interface Client {
  /** Rejects with ChannelError: what the runtime answered, TIMEOUT, or RUNTIME_LOST when the channel closes first. */
  request<M extends Method>(method: M, params: Params<M>, timeoutMs?: number): Promise<Result<M>>;
  /** One listener a name; a later one takes its place. */
  on<N extends NotificationName>(name: N, listener: Listener<N>): void;
  /** Called once when the channel ends, whoever ended it. */
  onClose(listener: () => void): void;
  dispose(): void;
}

/**
 * The side that answers. What it tells within one turn of the event loop, or while the host has not taken the last
 * message, goes as one message; the order of what is told and answered is kept.
 */
export interface Server {
  /** Resolves when the transport took the message; rejects never (a closed channel swallows notifications). */
  notify(...told: Told): Promise<void>;
  /** Notifications that the transport has not taken yet: who tells much leaves out some while this is large. */
  waiting(): number;
  /** Hands what waits to the transport now, whether or not it has taken the last message. */
  flush(): void;
  onClose(listener: () => void): void;
  dispose(): void;
}

const requestTimeoutMs = 30_000;
/** The one JSON-RPC notification: its parameter is a list of `[name, values]`, in the order in which they were told. */
const toldMethod = 'told';

export function connectClient(reader: MessageReader, writer: MessageWriter): Client {
  const connection = createMessageConnection(reader, writer);
  const pending = new Set<(error: ChannelError) => void>();
  const end = endOf(connection);
  end.onClose(() => {
    for (const reject of [...pending]) reject(lost());
  });
  const listeners = new Map<NotificationName, (value: never) => void>();
  connection.onNotification(toldMethod, (groups: readonly Group[]) => hearAll(groups, listeners));
  connection.listen();

  return {
    request<M extends Method>(method: M, params: Params<M>, timeoutMs = requestTimeoutMs): Promise<Result<M>> {
      if (end.closed()) return Promise.reject(lost());
      return new Promise<Result<M>>((resolve, reject) => {
        const settle = (then: () => void): void => {
          clearTimeout(timer);
          pending.delete(fail);
          then();
        };
        const fail = (error: ChannelError): void => settle(() => reject(error));
        const timer = setTimeout(
          () =>
            fail(
              new ChannelError({
                code: 'TIMEOUT',
                message: `The runtime did not answer “${method}” within ${timeoutMs / 1000} s.`,
              }),
            ),
          timeoutMs,
        );
        pending.add(fail);
        connection.sendRequest<Requests[M]['result']>(method, params).then(
          (value) => settle(() => resolve(value)),
          (error: unknown) => fail(end.closed() ? lost() : fromWire(error)),
        );
      });
    },
    on: (name, listener) => void listeners.set(name, listener),
    onClose: end.onClose,
    dispose: end.close,
  };
}

export function connectServer(
  reader: MessageReader,
  writer: MessageWriter,
  handlers: Handlers,
  toWire: (error: unknown) => WireError,
): Server {
  const outbox = new Outbox(async (groups) => {
    if (!end.closed()) await writer.write(notification(groups)).catch(end.close);
  });
  const connection = createMessageConnection(
    reader,
    inOrder(writer, () => outbox.flush()),
  );
  const end = endOf(connection);
  for (const method of Object.keys(handlers) as Method[]) {
    const handler = handlers[method] as (params: unknown) => Promise<unknown>;
    connection.onRequest(method, async (params: unknown) => {
      try {
        return await handler(params);
      } catch (error) {
        const wire = toWire(error);
        throw new ResponseError(ErrorCodes.InternalError, wire.message, wire);
      }
    });
  }
  connection.listen();

  return {
    notify: (...told) => (end.closed() ? Promise.resolve() : outbox.add(told)),
    waiting: () => outbox.waiting,
    flush: () => outbox.flush(),
    onClose: end.onClose,
    dispose: end.close,
  };
}

/** A writer that lets go out first what waits to be told: no answer overtakes it. */
function inOrder(writer: MessageWriter, flush: () => void): MessageWriter {
  return {
    onError: writer.onError,
    onClose: writer.onClose,
    write(message) {
      flush();
      return writer.write(message);
    },
    end: () => writer.end(),
    dispose: () => writer.dispose(),
  };
}

function notification(groups: readonly Group[]): Message & { method: string; params: unknown } {
  return { jsonrpc: '2.0', method: toldMethod, params: [groups] };
}

/** All of them are heard; the first failure of a listener is thrown when they were. */
function hearAll(groups: readonly Group[], listeners: ReadonlyMap<NotificationName, (value: never) => void>): void {
  const failures: unknown[] = [];
  for (const [name, values] of groups) {
    const listener = listeners.get(name);
    for (const value of values) {
      try {
        listener?.(value as never);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The end of a connection, whoever ends it: told once, and at once to who asks later. */
function endOf(connection: MessageConnection): {
  closed: () => boolean;
  close: () => void;
  onClose: (listener: () => void) => void;
} {
  const listeners = new Set<() => void>();
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    connection.dispose();
    for (const listener of listeners) listener();
  };
  connection.onClose(close);
  connection.onError(close);
  return {
    closed: () => closed,
    close,
    onClose(listener) {
      if (closed) listener();
      else listeners.add(listener);
    },
  };
}

function lost(): ChannelError {
  return new ChannelError({
    code: 'RUNTIME_LOST',
    message: 'The HAiOS runtime ended unexpectedly; its runs can be resumed.',
  });
}

function fromWire(error: unknown): ChannelError {
  const data: unknown = error instanceof ResponseError ? error.data : undefined;
  if (typeof data === 'object' && data !== null && 'code' in data && 'message' in data) {
    const { code, message } = data;
    if (typeof code === 'string' && code in errors && typeof message === 'string') {
      return new ChannelError({ code: code as ErrorCode, message });
    }
  }
  return new ChannelError({
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : 'The runtime answered with an unknown error.',
  });
}
