import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type IdGenerator,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import type { CoreEvent, SpanPayload } from '../core/events.ts';
import type { Attributes, SpanKind, SpanRow } from '../protocol/rows.ts';
import { createExport, type ExporterState } from './export.ts';
import type { Log } from './log.ts';
import type { Redactor } from './redact.ts';
import type { ExportResult } from './signals.ts';

/** Takes a span's row for the database: once when a run, task or stage begins, once when any span ends. */
export type SpanSink = (span: { readonly row: SpanRow; readonly payload: SpanPayload | null }) => void;

export interface TracingOptions {
  readonly version: string;
  /** `deployment.environment`: the mode in force. */
  readonly environment: string;
  readonly runtimeId: string;
  /** 0 to 1, decided by the trace id: a trace is kept whole or not at all. */
  readonly sampleRate: number;
  /** Base address of an OTLP/HTTP receiver, or its full `…/v1/traces`; null exports nothing. */
  readonly otlpEndpoint: string | null;
  readonly redactor: Redactor;
  readonly sink: SpanSink;
  readonly onExport: (spans: number, result: ExportResult) => void;
  readonly log: Log;
}

export interface Tracing {
  /** Hears core's events; only spans and runs matter to it. */
  observe(event: CoreEvent): void;
  exporter(): ExporterState;
  /** Asks the receiver with an empty batch; for strict mode, which is not ready without it. Bounded by the exporter's timeout. */
  probe(): Promise<ExporterState>;
  /** Sends what has ended, within the time given; false if it took longer or the receiver did not take it. */
  forceFlush(timeoutMs: number): Promise<boolean>;
  /** Idempotent: flushes and closes the exporter within the time given. */
  shutdown(timeoutMs: number): Promise<void>;
}

/**
 * Core's spans as rows and, if somebody receives them, as OpenTelemetry SDK spans, made when the call ends, with the ids
 * core minted. This file holds every constructor of the SDK.
 */
export function createTracing(options: TracingOptions): Tracing {
  const { redactor, sink } = options;
  const service: Attributes = {
    'service.name': 'haios',
    'service.version': options.version,
    'deployment.environment': options.environment,
  };
  const sampler = new TraceIdRatioBasedSampler(options.sampleRate);
  const exported = options.otlpEndpoint === null ? null : openExport(options, options.otlpEndpoint, service, sampler);
  const runs = new Map<string, Attributes>();
  const sampled = (traceId: string): boolean =>
    options.sampleRate >= 1 ||
    sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;

  /** What every span carries (CATALOGUE §5), its own over it. */
  const attributesOf = (span: SpanRow): Attributes => {
    const all: Record<string, Attributes[string]> = { ...service, 'haios.run_id': span.runId };
    if (span.taskId !== null) all['haios.task_id'] = span.taskId;
    Object.assign(all, runs.get(span.runId), span.attributes);
    all['haios.status'] = span.status;
    if (span.error !== null) all['haios.error'] = span.error;
    return all;
  };
  /** A copy that no longer changes, redacted. Ids, states and numbers are core's own and hold nobody's secret. */
  const finish = (span: SpanRow): SpanRow => ({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    runId: span.runId,
    taskId: span.taskId,
    name: redactor.text(span.name),
    kind: span.kind,
    stage: span.stage,
    lane: span.lane,
    status: span.status,
    startedAt: span.startedAt,
    durationMs: span.durationMs,
    tokens: span.tokens,
    nusd: span.nusd,
    estimated: span.estimated,
    error: span.error === null ? null : redactor.text(span.error),
    attributes: redactor.value(attributesOf(span)),
    events: redactor.value([...span.events]),
    children: 0,
  });

  let stopped: Promise<void> | undefined;
  return {
    observe(event) {
      switch (event.type) {
        case 'run_changed': {
          const { runId, g, agent, endedAt } = event.run;
          if (endedAt === null) runs.set(runId, { 'haios.g': g, 'haios.agent': agent });
          else runs.delete(runId);
          return;
        }
        case 'span_started':
          if (!beginsWithRow(event.span.kind) || !sampled(event.span.traceId)) return;
          sink({ row: finish(event.span), payload: null });
          return;
        case 'span_ended': {
          if (!sampled(event.span.traceId)) return;
          const row = finish(event.span);
          exported?.send(row);
          sink({ row, payload: event.payload === null ? null : redactor.value(event.payload) });
          return;
        }
        default:
          return;
      }
    },
    exporter: () => exported?.state() ?? { kind: 'off' },
    probe: async () => (await exported?.probe()) ?? { kind: 'off' },
    forceFlush: async (timeoutMs) =>
      exported === null || ((await within(timeoutMs, exported.forceFlush())) && exported.state().kind !== 'failing'),
    shutdown(timeoutMs) {
      stopped ??=
        exported === null ? Promise.resolve() : within(timeoutMs, exported.shutdown()).then(() => exported.settle());
      return stopped;
    },
  };
}

/** Sends rows to a receiver as spans of the SDK. */
function openExport(options: TracingOptions, endpoint: string, service: Attributes, sampler: Sampler) {
  const exported = createExport(endpoint, options.onExport, options.log);
  const ids = new PresetIds();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ ...service, 'service.instance.id': options.runtimeId }),
    sampler,
    idGenerator: ids,
    spanLimits: { attributeCountLimit: 128, attributeValueLengthLimit: 16_384, eventCountLimit: 256 },
    spanProcessors: [exported.processor],
  });
  const tracer = provider.getTracer('haios', options.version);
  return {
    state: () => exported.state(),
    probe: () => exported.probe(),
    settle: () => exported.settle(),
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
    send(row: SpanRow): void {
      ids.preset(row.traceId, row.spanId);
      const live = tracer.startSpan(
        row.name,
        { kind: otelKind(row.kind), startTime: hrTime(row.startedAt), attributes: without(row.attributes, service) },
        parentContext(row),
      );
      for (const event of row.events) live.addEvent(event.name, { ...event.attributes }, hrTime(event.at));
      if (row.status === 'ok') live.setStatus({ code: SpanStatusCode.OK });
      else if (row.status !== 'cancelled')
        live.setStatus({ code: SpanStatusCode.ERROR, message: row.error ?? row.status });
      live.end(hrTime(row.startedAt + (row.durationMs ?? 0)));
    },
  };
}

/** Gives the SDK the ids that core minted. */
class PresetIds implements IdGenerator {
  #traceId = '';
  #spanId = '';

  preset(traceId: string, spanId: string): void {
    this.#traceId = traceId;
    this.#spanId = spanId;
  }
  generateTraceId(): string {
    return this.#traceId;
  }
  generateSpanId(): string {
    return this.#spanId;
  }
}

/** Runs, tasks and stages have a row from their start, so that no child is ever an orphan. */
function beginsWithRow(kind: SpanKind): boolean {
  switch (kind) {
    case 'plan':
    case 'task':
    case 'stage':
      return true;
    case 'worker_call':
    case 'chat':
    case 'tool':
    case 'file_write':
      return false;
  }
}

function otelKind(kind: SpanKind): OtelKind {
  return kind === 'chat' ? OtelKind.CLIENT : OtelKind.INTERNAL;
}

function parentContext(row: SpanRow): Context {
  if (row.parentSpanId === null) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: row.traceId,
    spanId: row.parentSpanId,
    traceFlags: TraceFlags.SAMPLED,
  });
}

/** Seconds and nanoseconds; a bare number could be taken for a reading of the performance clock. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
}

function without(attributes: Attributes, left: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !(key in left)));
}

/** Whether the work ended well within the time. Never rejects. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), timeoutMs)));
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
