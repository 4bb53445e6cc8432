import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HostMessage } from '../protocol/messages.ts';
import type { Snapshot, SnapshotDelta } from '../protocol/snapshot.ts';
import { commonHeaders } from './respond.ts';

interface EventStreamOptions {
  readonly snapshot: () => Snapshot;
  /** Calls the listener with every delta; the returned function ends that. */
  readonly subscribe: (listener: (delta: SnapshotDelta) => void) => () => void;
  readonly maxClients: number;
  readonly heartbeatMs: number;
  /** A client that has not read for this long is cut off. */
  readonly stallMs: number;
}

interface EventStreams {
  /** Begins a stream, or returns false when there are as many as may be. */
  open(request: IncomingMessage, response: ServerResponse): boolean;
  clients(): number;
  close(): void;
}

interface Client {
  readonly response: ServerResponse;
  /** The last `seq` it was sent. */
  seq: number;
  /** A blocked client is sent nothing until it has read what it was sent; if it missed deltas, a snapshot follows. */
  state: { readonly kind: 'flowing' } | { readonly kind: 'blocked'; readonly since: number; readonly missed: boolean };
}

/** Server-sent events of the snapshot and its deltas, with memory bounded for each client. */
export function createEventStreams(options: EventStreamOptions): EventStreams {
  const clients = new Set<Client>();
  let unsubscribe: (() => void) | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  const write = (client: Client, text: string, seq: number): void => {
    client.seq = seq;
    const flows = client.response.write(text);
    client.state = flows ? { kind: 'flowing' } : { kind: 'blocked', since: performance.now(), missed: false };
  };
  const sendSnapshot = (client: Client): void => {
    const snapshot = options.snapshot();
    write(client, frame('snapshot', { type: 'snapshot', snapshot, readOnly: true }), snapshot.seq);
  };
  const onDelta = (delta: SnapshotDelta): void => {
    let text: string | undefined;
    for (const client of clients) {
      if (delta.seq <= client.seq) continue;
      if (client.state.kind === 'blocked') client.state = { ...client.state, missed: true };
      else if (delta.seq !== client.seq + 1) sendSnapshot(client);
      else write(client, (text ??= frame('delta', { type: 'delta', delta })), delta.seq);
    }
  };
  const onDrain = (client: Client): void => {
    if (client.state.kind === 'flowing') return;
    if (client.state.missed) sendSnapshot(client);
    else client.state = { kind: 'flowing' };
  };
  const onHeartbeat = (): void => {
    for (const client of clients) {
      if (client.state.kind === 'flowing') client.response.write(': still here\n\n');
      else if (performance.now() - client.state.since > options.stallMs) client.response.destroy();
    }
  };
  const remove = (client: Client): void => {
    clients.delete(client);
    if (clients.size > 0) return;
    unsubscribe?.();
    unsubscribe = undefined;
    clearInterval(heartbeat);
  };

  return {
    open(request, response) {
      if (clients.size >= options.maxClients) return false;
      response.writeHead(200, {
        ...commonHeaders,
        'Content-Type': 'text/event-stream; charset=utf-8',
        Connection: 'close',
      });
      if (request.method === 'HEAD') {
        response.end();
        return true;
      }
      const client: Client = { response, seq: -1, state: { kind: 'flowing' } };
      if (clients.size === 0) {
        unsubscribe = options.subscribe(onDelta);
        heartbeat = setInterval(onHeartbeat, options.heartbeatMs).unref();
      }
      clients.add(client);
      response.on('close', () => remove(client));
      response.on('error', () => remove(client));
      response.on('drain', () => onDrain(client));
      response.write('retry: 2000\n\n');
      sendSnapshot(client);
      return true;
    },
    clients: () => clients.size,
    close() {
      for (const { response } of clients) response.end();
    },
  };
}

function frame(event: string, message: HostMessage): string {
  return `event: ${event}\ndata: ${JSON.stringify(message)}\n\n`;
}
