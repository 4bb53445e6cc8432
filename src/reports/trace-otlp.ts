import type { AttributeValue, Attributes, SpanKind, SpanRow } from '../protocol/rows.ts';

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

/**
 * ExportTraceServiceRequest in the JSON encoding of OTLP: ids in hex, 64-bit integers as strings, enums as numbers.
 * A span that still runs ends where it starts; its `haios.status` says `running`.
 */
export function traceOtlp(spans: readonly SpanRow[], version: string): Readonly<Record<string, unknown>> {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': 'haios', 'service.version': version }) },
        scopeSpans: [{ scope: { name: 'haios', version }, spans: spans.map(otlpSpan) }],
      },
    ],
  };
}

function otlpSpan(span: SpanRow): Readonly<Record<string, unknown>> {
  const start = nanos(span.startedAt);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: otlpKind(span.kind),
    startTimeUnixNano: start.toString(),
    endTimeUnixNano: (start + nanos(span.durationMs ?? 0)).toString(),
    attributes: keyValues({ ...span.attributes, 'haios.status': span.status }),
    events: span.events.map((event) => ({
      timeUnixNano: nanos(event.at).toString(),
      name: event.name,
      attributes: keyValues(event.attributes),
    })),
    status:
      span.status === 'ok'
        ? { code: 1 }
        : span.status === 'running'
          ? {}
          : { code: 2, message: span.error ?? span.status },
  };
}

/** SPAN_KIND_CLIENT for calls that leave the process, else SPAN_KIND_INTERNAL. */
function otlpKind(kind: SpanKind): 1 | 3 {
  return kind === 'chat' ? 3 : 1;
}

/** Milliseconds with fractions → integer nanoseconds; the product would not fit a float. */
function nanos(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

function keyValues(attributes: Attributes): readonly KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): KeyValue['value'] {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}
