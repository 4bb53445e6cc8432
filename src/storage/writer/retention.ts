import type { Database } from 'better-sqlite3';
import { sql, text } from '../sql.ts';

/** Tables whose rows belong to a run and go with it. */
const ofRun = [
  'span_payloads',
  'spans',
  'checkpoints',
  'artefacts',
  'cost_records',
  'forecasts',
  'tasks',
  'runs',
] as const;

const runsAtOnce = 8;

/** Deletes the oldest runs that ended before the moment, a few at a time, so that the writer is never long at it. */
export function deleteSome(db: Database, before: number): { readonly deleted: number; readonly more: boolean } {
  const runs = endedBefore(db, before, runsAtOnce);
  if (runs.length === 0) return { deleted: deleteLoose(db, before), more: false };
  return { deleted: runs.reduce((sum, runId) => sum + deleteRun(db, runId), 0), more: true };
}

function endedBefore(db: Database, before: number, limit: number): readonly string[] {
  return sql(
    db,
    `SELECT run_id FROM runs WHERE status NOT IN ('queued', 'running', 'waiting') AND COALESCE(ended_at, started_at) < ?
     ORDER BY g LIMIT ?`,
  )
    .all(before, limit)
    .map((row) => text(row, 'run_id'));
}

/** Deletes a run and all that belongs to it. Returns how many rows went. */
function deleteRun(db: Database, runId: string): number {
  let deleted = sql(db, 'DELETE FROM issues WHERE run_id = ? AND closed_at IS NOT NULL').run(runId).changes;
  for (const table of ofRun) deleted += sql(db, `DELETE FROM ${table} WHERE run_id = ?`).run(runId).changes;
  return deleted;
}

/** Deletes what is old of runs that go on (contents, checkpoints) and of none (spans whose run is gone, closed issues). */
function deleteLoose(db: Database, before: number): number {
  const orphans = sql(
    db,
    'DELETE FROM spans WHERE started_at < ? AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.run_id = spans.run_id)',
  ).run(before).changes;
  const payloads = sql(
    db,
    `DELETE FROM span_payloads WHERE NOT EXISTS
       (SELECT 1 FROM spans WHERE spans.span_id = span_payloads.span_id AND spans.started_at >= ?)`,
  ).run(before).changes;
  const checkpoints = sql(db, 'DELETE FROM checkpoints WHERE at < ?').run(before).changes;
  const issues = sql(db, 'DELETE FROM issues WHERE closed_at < ?').run(before).changes;
  return orphans + payloads + checkpoints + issues;
}
