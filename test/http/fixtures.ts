import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startHttpServer, type HttpOptions, type HttpServer } from '../../src/http/server.ts';
import type { Snapshot, SnapshotDelta } from '../../src/protocol/snapshot.ts';

export function snapshot(seq: number, filler = ''): Snapshot {
  return {
    seq,
    runtime: {
      id: 'runtime-1',
      version: '1.2.3',
      pid: 1,
      startedAt: 0,
      mode: 'dev_fast',
      port: null,
      panelUrl: null,
      metricsUrl: null,
      memory: { rss: 0, heap: 0, external: 0 },
      memoryLimit: 0,
      cpuRatio: 0,
      ledger: 'ok',
      history: 'ok',
      trusted: true,
      spansDropped: 0,
      configError: null,
    },
    runs: [],
    lanes: [],
    global: { active: 0, limit: 32 },
    budgets: [],
    today: { nusd: 0, tokens: 0, estimated: false, reckoned: false, unpricedCalls: 0 },
    approvals: [],
    stops: [],
    issues: [],
    events: filler === '' ? [] : [{ id: 1, at: 0, level: 'info', runId: null, text: filler }],
  };
}

export interface Served {
  readonly server: HttpServer;
  readonly port: number;
  readonly assetsDir: string;
  readonly served: { status: number; durationMs: number | null }[];
  readonly failures: unknown[];
  readonly queries: { method: string; params: unknown }[];
  /** Listeners of the snapshot at the moment. */
  readonly listeners: Set<(delta: SnapshotDelta) => void>;
  /** Says a delta to every listener; the snapshot moves on with it. */
  publish(changed: SnapshotDelta['changed']): void;
  stop(): Promise<void>;
}

/** A server on a free port with parts that answer at once. */
export async function serve(over: Partial<HttpOptions> = {}): Promise<Served> {
  const assetsDir = mkdtempSync(path.join(tmpdir(), 'haios-http-'));
  writeFileSync(path.join(assetsDir, 'main.js'), 'export {};\n');
  writeFileSync(path.join(assetsDir, 'browser.css'), 'body{}\n');
  const served: Served['served'] = [];
  const failures: unknown[] = [];
  const queries: Served['queries'] = [];
  const listeners: Served['listeners'] = new Set();
  let seq = 1;
  const server = await startHttpServer({
    port: 0,
    listen: null,
    runtimeId: 'runtime-1',
    assetsDir,
    metrics: { text: async () => 'haios_x 1\n', openMetrics: async () => 'haios_x 1\n# EOF\n' },
    health: () => ({ version: '1.2.3' }),
    ready: async () => [],
    targets: async () => [
      { runtimeId: 'runtime-1', pid: 11, port: 8000 },
      { runtimeId: 'runtime-2', pid: 22, port: 8001 },
    ],
    snapshot: () => snapshot(seq),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    query: async (method, params) => {
      queries.push({ method, params });
      return { rows: [], next: null };
    },
    onRequest: (one) => void served.push(one),
    onError: (error) => void failures.push(error),
    ...over,
  });
  return {
    server,
    port: server.port(),
    assetsDir,
    served,
    failures,
    queries,
    listeners,
    publish(changed) {
      seq += 1;
      for (const listener of listeners) listener({ seq, changed });
    },
    async stop() {
      await server.close(1_000);
      rmSync(assetsDir, { recursive: true, force: true });
    },
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export async function ask(port: number, url: string, options: http.RequestOptions = {}, body?: string): Promise<Reply> {
  const request = http.request({ host: '127.0.0.1', port, path: url, agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}

/** Sends bytes as they stand and returns everything that comes back until the end. */
export async function raw(port: number, lines: readonly string[]): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  await once(socket, 'close');
  return text;
}

export interface Stream {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly response: http.IncomingMessage;
  /** The next event that is no comment; rejects at the end of the stream. */
  next(): Promise<{ event: string; data: Record<string, unknown> }>;
  close(): void;
}

/** A client of the event stream that reads only when asked. */
export async function openStream(port: number): Promise<Stream> {
  const request = http.get({ host: '127.0.0.1', port, path: '/events', agent: false });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.on('error', () => undefined);
  const chunks = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  let buffer = '';
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    response,
    async next() {
      for (;;) {
        const end = buffer.indexOf('\n\n');
        if (end === -1) {
          const chunk = await chunks.next();
          if (chunk.done === true) throw new Error('The stream ended.');
          buffer += chunk.value;
          continue;
        }
        const block = buffer.slice(0, end).split('\n');
        buffer = buffer.slice(end + 2);
        const field = (name: string): string | undefined =>
          block.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const data = field('data');
        if (data !== undefined)
          return { event: field('event') ?? 'message', data: JSON.parse(data) as Record<string, unknown> };
      }
    },
    close: () => request.destroy(),
  };
}
