import type { Database } from 'better-sqlite3';
import { spanColumns } from '../rows/span.ts';
import type { SpanBatch } from '../span-queue.ts';
import { sql, upsert } from '../sql.ts';

/** One statement for so many spans: SQLite sets up the lists of the table's checks once per statement, not per row. */
const spansAtOnce = 50;
const width = spanColumns.length;
const one = insertText(1);
const many = insertText(spansAtOnce);

export function writeSpans(db: Database, { values, payloads }: SpanBatch): void {
  // Kinds and states are closed by their types, and the JSON was written a moment ago: to read it again for the table's
  // checks is an eighth of the work.
  db.pragma('ignore_check_constraints = ON');
  try {
    let at = 0;
    for (; at + spansAtOnce * width <= values.length; at += spansAtOnce * width) {
      sql(db, many).run(values.slice(at, at + spansAtOnce * width));
    }
    for (; at < values.length; at += width) sql(db, one).run(values.slice(at, at + width));
  } finally {
    db.pragma('ignore_check_constraints = OFF');
  }
  for (const payload of payloads) upsert(db, 'span_payloads', ['span_id'], { ...payload });
}

/** Each span of the batch as a batch of its own, with its payload if it has one. */
export function* alone({ values, payloads, count }: SpanBatch): Iterable<SpanBatch> {
  for (let n = 0; n < count; n += 1) {
    const own = values.slice(n * width, (n + 1) * width);
    yield { values: own, payloads: payloads.filter(({ span_id }) => span_id === own[0]), count: 1 };
  }
}

function insertText(rows: number): string {
  const row = `(${spanColumns.map(() => '?').join(', ')})`;
  const changes = spanColumns.slice(1).map((column) => `${column} = excluded.${column}`);
  return (
    `INSERT INTO spans (${spanColumns.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')} ` +
    `ON CONFLICT (span_id) DO UPDATE SET ${changes.join(', ')}`
  );
}
