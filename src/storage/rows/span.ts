import type { SpanRow } from '../../protocol/rows.ts';
import type { Fields, Value } from '../sql.ts';
import { json, number, numberOrNull, oneOf, text, textOrNull } from '../sql.ts';

/** The columns of `spans`, in the order in which `pushSpan` gives their values. */
export const spanColumns = [
  ...['span_id', 'trace_id', 'parent_span_id', 'run_id', 'task_id', 'name', 'kind', 'stage', 'lane', 'status'],
  ...['started_at', 'duration_ms', 'tokens', 'usd_nusd', 'estimated', 'error', 'attributes', 'events'],
] as const;

/** Appends the values of one span. */
export function pushSpan(values: Value[], span: SpanRow): void {
  values.push(
    span.spanId,
    span.traceId,
    span.parentSpanId,
    span.runId,
    span.taskId,
    span.name,
    span.kind,
    span.stage,
    span.lane,
    span.status,
    span.startedAt,
    span.durationMs,
    span.tokens,
    span.nusd,
    span.estimated ? 1 : 0,
    span.error,
    JSON.stringify(span.attributes),
    JSON.stringify(span.events),
  );
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
