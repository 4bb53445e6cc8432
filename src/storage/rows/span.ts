import type { SpanRow } from '../../protocol/rows.ts';
import type { Fields } from '../sql.ts';
import { json, number, numberOrNull, oneOf, text, textOrNull } from '../sql.ts';

export function spanFields(span: SpanRow): Fields {
  return {
    span_id: span.spanId,
    trace_id: span.traceId,
    parent_span_id: span.parentSpanId,
    run_id: span.runId,
    task_id: span.taskId,
    name: span.name,
    kind: span.kind,
    stage: span.stage,
    lane: span.lane,
    status: span.status,
    started_at: span.startedAt,
    duration_ms: span.durationMs,
    tokens: span.tokens,
    usd_nusd: span.nusd,
    estimated: span.estimated ? 1 : 0,
    error: span.error,
    attributes: JSON.stringify(span.attributes),
    events: JSON.stringify(span.events),
  };
}

/** From a span with its count of `children`. */
export function spanOf(fields: Fields): SpanRow {
  return {
    traceId: text(fields, 'trace_id'),
    spanId: text(fields, 'span_id'),
    parentSpanId: textOrNull(fields, 'parent_span_id'),
    runId: text(fields, 'run_id'),
    taskId: textOrNull(fields, 'task_id'),
    name: text(fields, 'name'),
    kind: oneOf(fields, 'kind'),
    stage: fields['stage'] === null ? null : oneOf(fields, 'stage'),
    lane: fields['lane'] === null ? null : oneOf(fields, 'lane'),
    status: oneOf(fields, 'status'),
    startedAt: number(fields, 'started_at'),
    durationMs: numberOrNull(fields, 'duration_ms'),
    tokens: number(fields, 'tokens'),
    nusd: number(fields, 'usd_nusd'),
    estimated: number(fields, 'estimated') > 0,
    error: textOrNull(fields, 'error'),
    attributes: json(fields, 'attributes'),
    events: json(fields, 'events'),
    children: number(fields, 'children'),
  };
}
