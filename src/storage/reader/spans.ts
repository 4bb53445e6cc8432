import type { Database } from 'better-sqlite3';
import type { SpanPayload } from '../../core/events.ts';
import type { SpanRow } from '../../protocol/rows.ts';
import { spanOf } from '../rows/span.ts';
import { sql, text } from '../sql.ts';

const select = `SELECT s.*,
  (SELECT COUNT(*) FROM spans c WHERE c.run_id = s.run_id AND c.parent_span_id = s.span_id) AS children FROM spans s`;

/** The spans directly under one (null: the roots), in order of their start. */
export function readSpans(db: Database, runId: string, parentSpanId: string | null): readonly SpanRow[] {
  return sql(db, `${select} WHERE s.run_id = ? AND s.parent_span_id IS ? ORDER BY s.started_at, s.span_id`)
    .all(runId, parentSpanId)
    .map(spanOf);
}

export function readTrace(db: Database, runId: string): readonly SpanRow[] {
  return sql(db, `${select} WHERE s.run_id = ? ORDER BY s.started_at, s.span_id`).all(runId).map(spanOf);
}

export function readPayload(db: Database, spanId: string): SpanPayload | null {
  const found = sql(db, 'SELECT input, output FROM span_payloads WHERE span_id = ?').get(spanId);
  return found === undefined ? null : { input: text(found, 'input'), output: text(found, 'output') };
}
