import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { HaiosError, messageOf } from '../core/errors.ts';
import type { Log } from './log.ts';
import type { ExportResult } from './signals.ts';

/** How the trace exporter does; strict mode is not ready unless it is `ok`. */
export type ExporterState =
  | { readonly kind: 'off' }
  /** Nothing was exported yet. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'ok' }
  | { readonly kind: 'failing'; readonly message: string };

interface TraceExport {
  readonly processor: SpanProcessor;
  state(): ExporterState;
  /** Sends an empty batch to see whether the receiver is there. */
  probe(): Promise<ExporterState>;
  /** Counts what a shutdown left unsent, and says what was not said yet. */
  settle(): void;
}

const maxQueue = 2048;
const logEveryMs = 60_000;
type Done = Parameters<SpanExporter['export']>[1];

/**
 * Batches to an OTLP/HTTP receiver. The exporter is loaded with the first batch. Failures are counted one by one and
 * logged at most once a minute; when the queue is full, spans are dropped and counted.
 * Throws CONFIG_INVALID for an endpoint that is no http address.
 */
export function createExport(
  endpoint: string,
  onExport: (spans: number, result: ExportResult) => void,
  log: Log,
): TraceExport {
  const url = tracesUrl(endpoint);
  let state: ExporterState = { kind: 'idle' };
  /** Spans given to the batcher that have not come to the exporter: the length of its queue. */
  let queued = 0;
  let unsaid = { failed: 0, dropped: 0 };
  let saidAt = -Infinity;
  let loaded: Promise<SpanExporter> | undefined;

  const say = (force: boolean): void => {
    if (unsaid.failed + unsaid.dropped === 0 || (!force && performance.now() - saidAt < logEveryMs)) return;
    log.warn('Spans could not be exported.', {
      ...unsaid,
      reason: state.kind === 'failing' ? state.message : 'the queue was full',
    });
    saidAt = performance.now();
    unsaid = { failed: 0, dropped: 0 };
  };
  const load = (): Promise<SpanExporter> =>
    (loaded ??= import('@opentelemetry/exporter-trace-otlp-http').then(
      ({ OTLPTraceExporter }) => new OTLPTraceExporter({ url, timeoutMillis: 8_000, concurrencyLimit: 8 }),
    ));

  const finished = (spans: number, error: unknown, done: Done): void => {
    const failed = error !== undefined;
    state = failed ? { kind: 'failing', message: messageOf(error) } : { kind: 'ok' };
    onExport(spans, failed ? 'failure' : 'success');
    if (failed) unsaid.failed += spans;
    say(false);
    // The failure ends here: it is counted and logged, and the batcher has nothing to add.
    done({ code: 0 });
  };
  const exporter: SpanExporter = {
    export(spans: ReadableSpan[], done) {
      queued -= spans.length;
      load().then(
        (real) =>
          real.export(spans, ({ code, error }) =>
            finished(spans.length, code === 0 ? undefined : (error ?? new Error('refused')), done),
          ),
        (error: unknown) => finished(spans.length, error, done),
      );
    },
    forceFlush: async () => (await loaded)?.forceFlush?.(),
    shutdown: async () => (await loaded)?.shutdown(),
  };
  const batcher = new BatchSpanProcessor(exporter, {
    maxQueueSize: maxQueue,
    maxExportBatchSize: 512,
    scheduledDelayMillis: 2_000,
    exportTimeoutMillis: 10_000,
  });

  const drop = (spans: number): void => {
    onExport(spans, 'dropped');
    unsaid.dropped += spans;
    say(false);
  };
  return {
    processor: {
      onStart: () => undefined,
      onEnd(span) {
        if (queued >= maxQueue) return drop(1);
        queued += 1;
        batcher.onEnd(span);
      },
      forceFlush: () => batcher.forceFlush(),
      shutdown: () => batcher.shutdown(),
    },
    state: () => state,
    async probe() {
      const real = await load();
      const error = await new Promise<unknown>((resolve) =>
        real.export([], (result) => resolve(result.code === 0 ? undefined : (result.error ?? new Error('refused')))),
      );
      state = error === undefined ? { kind: 'ok' } : { kind: 'failing', message: messageOf(error) };
      return state;
    },
    settle() {
      if (queued > 0) drop(queued);
      queued = 0;
      say(true);
    },
  };
}

function tracesUrl(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new HaiosError(
      'CONFIG_INVALID',
      `telemetry.otlp.endpoint "${endpoint.slice(0, 200)}" is no http address; give one such as http://127.0.0.1:4318.`,
    );
  }
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url.href;
}
