import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { reasonsNotReady } from '../http/ready.ts';
import { startHttpServer, type HttpServer } from '../http/server.ts';
import type { ModelInfo } from '../protocol/messages.ts';
import type { RuntimeView } from '../protocol/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/spans.ts';
import type { Flags } from './flags.ts';
import type { Queries } from './queries.ts';
import type { Snapshots } from './snapshots.ts';

export interface LocalPortOptions {
  readonly flags: Flags;
  readonly wanted: number;
  readonly bundleDir: string;
  readonly runtimeId: string;
  readonly storage: Storage;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly snapshots: Snapshots;
  readonly queries: Queries;
  readonly models: () => Promise<readonly ModelInfo[]>;
  readonly view: () => RuntimeView;
  readonly facts: () => Readonly<Record<string, unknown>>;
  readonly log: Log;
}

export interface LocalPort {
  readonly server: HttpServer | null;
  /** Why there is no port although one was wanted. */
  readonly error: string | null;
}

/** Opens the local port. A port that cannot be had is said and logged; the runtime works without it. */
export async function openLocalPort(options: LocalPortOptions): Promise<LocalPort> {
  if (!options.flags.http) return { server: null, error: null };
  try {
    return { server: await start(options), error: null };
  } catch (error) {
    options.log.error('The local port could not be opened', { error });
    return { server: null, error: messageOf(error) };
  }
}

function start(options: LocalPortOptions): Promise<HttpServer> {
  const { flags, storage, metrics, tracing, snapshots, queries, log } = options;
  return startHttpServer({
    port: options.wanted,
    listen: flags.listen === null ? null : { address: flags.listen, allowHosts: flags.allowHosts },
    runtimeId: options.runtimeId,
    assetsDir: join(options.bundleDir, 'webview'),
    metrics,
    health: () => ({ status: 'ok', ...options.view(), ...options.facts() }),
    ready: async () => {
      const { mode } = options.view();
      const exporter = mode === 'strict' ? await tracing.probe() : tracing.exporter();
      return reasonsNotReady({ mode, storage: storage.health(), missingSeries: await metrics.missing(), exporter });
    },
    targets: async () =>
      (await storage.runtimes.list()).flatMap(({ runtimeId, pid, port }) =>
        port === null ? [] : [{ runtimeId, pid, port }],
      ),
    snapshot: () => snapshots.whole(),
    subscribe: (listener) => snapshots.subscribe(listener),
    query(method, params) {
      if (method === 'models') return options.models();
      const query = queries[method] as (given: unknown) => Promise<unknown>;
      return query(params);
    },
    onRequest: ({ status, durationMs }) => metrics.observe({ type: 'http_served', status, durationMs }),
    onError: (error, path) => log.error('A request failed', { error, path }),
  });
}

/** The addresses to tell people. */
export function urlsOf(port: number | null): { panelUrl: string | null; metricsUrl: string | null } {
  if (port === null) return { panelUrl: null, metricsUrl: null };
  const base = `http://127.0.0.1:${port}`;
  return { panelUrl: `${base}/`, metricsUrl: `${base}/metrics` };
}
