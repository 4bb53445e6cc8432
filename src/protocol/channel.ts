import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc';
import type { ErrorCode } from '../catalogue/errors.ts';
import { errors } from '../catalogue/errors.ts';
import type { Method, NotificationName, Notifications, Params, Requests, Result, WireError } from './messages.ts';

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
  on<N extends NotificationName>(name: N, listener: Listener<N>): void;
  /** Called once when the channel ends, whoever ended it. */
  onClose(listener: () => void): void;
  dispose(): void;
}

/** The side that answers. */
export interface Server {
  /** Resolves when the message was handed to the transport; rejects never (a closed channel swallows notifications). */
  notify<N extends NotificationName>(name: N, value: Notifications[N]): Promise<void>;
  onClose(listener: () => void): void;
  dispose(): void;
}

const requestTimeoutMs = 30_000;

export function connectClient(reader: MessageReader, writer: MessageWriter): Client {
  const connection = createMessageConnection(reader, writer);
  const pending = new Set<(error: ChannelError) => void>();
  const end = endOf(connection);
  end.onClose(() => {
    for (const reject of [...pending]) reject(lost());
  });
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
    on: (name, listener) => void connection.onNotification(name, listener),
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
  const connection = createMessageConnection(reader, writer);
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
    async notify(name, value) {
      if (end.closed()) return;
      await connection.sendNotification(name, value).catch(end.close);
    },
    onClose: end.onClose,
    dispose: end.close,
  };
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
