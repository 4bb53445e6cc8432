import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireError } from '../protocol/messages.ts';
import type { Snapshot, SnapshotDelta } from '../protocol/snapshot.ts';
import { prefersOpenMetrics } from './accept.ts';
import { api, type Query } from './api.ts';
import { asset, page } from './assets.ts';
import { createEventStreams } from './events.ts';
import { judge, type Listen } from './guard.ts';
import { checkPort, closeServer, listenNear, tryListen } from './listen.ts';
import { json, plain, refuse, send, type Answer } from './respond.ts';

export interface HttpOptions {
  /** Preferred port: the next free one is taken if it is in use; 0 is any. */
  readonly port: number;
  /** Null binds 127.0.0.1. */
  readonly listen: Listen | null;
  readonly runtimeId: string;
  /** The panel's bundle: `main.js`, `browser.css` and what they load. */
  readonly assetsDir: string;
  readonly metrics: { text(): Promise<string>; openMetrics(): Promise<string> };
  /** Facts for `/health`; it answers 200 with them as long as the process lives. */
  readonly health: () => Readonly<Record<string, unknown>>;
  /** Why the runtime is not ready, a sentence each; empty when it is. */
  readonly ready: () => Promise<readonly string[]>;
  /** Every running runtime of the user that has a port. */
  readonly targets: () => Promise<readonly Target[]>;
  readonly snapshot: () => Snapshot;
  readonly subscribe: (listener: (delta: SnapshotDelta) => void) => () => void;
  readonly query: Query;
  readonly onRequest: (served: { readonly status: number; readonly durationMs: number | null }) => void;
  /** A handler failed; the client saw a plain 500. */
  readonly onError: (error: unknown, path: string) => void;
  /** Times for tests; sensible ones otherwise. */
  readonly times?: Partial<HttpTimes>;
}

export interface Target {
  readonly runtimeId: string;
  readonly pid: number;
  readonly port: number;
}

interface HttpTimes {
  readonly handlerMs: number;
  readonly heartbeatMs: number;
  readonly stallMs: number;
}

export interface HttpServer {
  /** The port to tell people; changes when `claim` succeeds. */
  port(): number;
  /**
   * Takes the preferred port if it has become free, beside the one in use. True if it is ours, or if any would do.
   */
  claim(): Promise<boolean>;
  /** Open event streams. */
  clients(): number;
  /** Idempotent: ends the streams, lets requests end and frees the ports within the time given. */
  close(graceMs: number): Promise<void>;
}

const maxUrl = 2_048;
const maxApiUrl = 52 * 1024;
const maxStreams = 20;

/**
 * The local port: `/metrics /health /ready /sd`, the read-only panel and its event stream. Answers GET and HEAD only;
 * whom it answers is decided in guard.ts. Throws PORT_INVALID.
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  checkPort(options.port);
  const times: HttpTimes = { handlerMs: 20_000, heartbeatMs: 15_000, stallMs: 60_000, ...options.times };
  const streams = createEventStreams({
    ...times,
    snapshot: options.snapshot,
    subscribe: options.subscribe,
    maxClients: maxStreams,
  });
  const address = options.listen?.address ?? '127.0.0.1';

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const startedAt = performance.now();
    let isStream = false;
    response.once('close', () =>
      options.onRequest({ status: response.statusCode, durationMs: isStream ? null : performance.now() - startedAt }),
    );
    const url = request.url ?? '';
    const [path, search] = split(url);
    const verdict = judge(request, path, options.listen);
    if (verdict.kind === 'denied') return refuse(response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(request, response, plain(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD', Connection: 'close' }));
    }
    if (!url.startsWith('/'))
      return send(request, response, plain(400, 'The request needs a path.', { Connection: 'close' }));
    if (url.length > (path.startsWith('/api/') ? maxApiUrl : maxUrl))
      return send(request, response, plain(414, 'The address is too long.'));
    if (path === '/events') {
      isStream = streams.open(request, response);
      if (!isStream) send(request, response, plain(503, `There are ${maxStreams} open event streams; close one.`));
      return;
    }
    void bounded(times.handlerMs, answer(options, request, path, search, verdict.host))
      .catch((error: unknown): Answer => {
        options.onError(error, path);
        return json(500, { error: { code: 'INTERNAL', message: 'The answer could not be made; the log says why.' } });
      })
      .then((result) => send(request, response, result));
  };

  const create = (): Server => {
    // The Host header is judged in guard.ts, which refuses without a body.
    const server = createServer(
      {
        requireHostHeader: false,
        maxHeaderSize: 64 * 1024,
        headersTimeout: 10_000,
        requestTimeout: 15_000,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 5_000,
      },
      handle,
    );
    server.maxHeadersCount = 100;
    server.maxConnections = 200;
    return server;
  };
  const first = create();
  await listenNear(first, options.port, address);
  const servers = [first];
  let port = portOf(first);
  let claiming: Promise<boolean> | undefined;
  let closed: Promise<void> | undefined;

  const claim = async (): Promise<boolean> => {
    if (options.port === 0 || port === options.port) return true;
    if (closed !== undefined) return false;
    const server = create();
    if (!(await tryListen(server, options.port, address))) return false;
    servers.push(server);
    port = options.port;
    return true;
  };
  return {
    port: () => port,
    claim: () => (claiming ??= claim().finally(() => (claiming = undefined))),
    clients: () => streams.clients(),
    close(graceMs) {
      closed ??= (claiming ?? Promise.resolve()).then(async () => {
        streams.close();
        await Promise.all(servers.map((server) => closeServer(server, graceMs)));
      });
      return closed;
    },
  };
}

async function answer(
  options: HttpOptions,
  request: IncomingMessage,
  path: string,
  search: string,
  host: string,
): Promise<Answer> {
  switch (path) {
    case '/':
      return page();
    case '/metrics':
      return metrics(options.metrics, request.headers.accept);
    case '/health':
      return json(200, { status: 'ok', ...options.health() });
    case '/ready': {
      const reasons = await options.ready();
      return reasons.length === 0 ? json(200, { ready: true }) : json(503, { ready: false, reasons });
    }
    case '/sd':
      return json(200, discovery(await options.targets(), options, host));
    default:
      return (await other(options, path, search)) ?? plain(404, 'Not found.');
  }
}

async function other(options: HttpOptions, path: string, search: string): Promise<Answer | null> {
  if (path.startsWith('/assets/')) return asset(options.assetsDir, path.slice('/assets/'.length));
  if (!path.startsWith('/api/')) return null;
  return api(path.slice('/api/'.length), new URLSearchParams(search), options.query, (error) =>
    options.onError(error, path),
  );
}

async function metrics(source: HttpOptions['metrics'], accept: string | undefined): Promise<Answer> {
  return prefersOpenMetrics(accept)
    ? {
        status: 200,
        type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        body: await source.openMetrics(),
      }
    : { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await source.text() };
}

/**
 * Prometheus HTTP service discovery. Runtimes of other windows listen on 127.0.0.1 only, so whoever asks from another
 * machine is told of this one, by the name it asked for.
 */
function discovery(targets: readonly Target[], { listen, runtimeId }: HttpOptions, host: string) {
  const isLocal = listen === null || ['127.0.0.1', 'localhost', '[::1]'].includes(host);
  return targets
    .filter((target) => isLocal || target.runtimeId === runtimeId)
    .map((target) => ({
      targets: [`${isLocal ? '127.0.0.1' : host}:${target.port}`],
      labels: { runtime_id: target.runtimeId, pid: String(target.pid) },
    }));
}

async function bounded(ms: number, work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    const error: WireError = { code: 'TIMEOUT', message: `There was no answer within ${ms / 1000} s; try again.` };
    timer = setTimeout(() => resolve(json(504, { error })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function split(url: string): [string, string] {
  const mark = url.indexOf('?');
  return mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
