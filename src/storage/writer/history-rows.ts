import type { Database } from 'better-sqlite3';
import type { Write } from '../storage.ts';
import type { Written } from '../thread/messages.ts';
import { sql, upsert } from '../sql.ts';
import { costFields } from '../rows/cost.ts';
import { forecastFields } from '../rows/forecast.ts';
import { artefactFields, issueFields, reportFields } from '../rows/registry.ts';
import { runFields, taskFields } from '../rows/run.ts';
import { spanFields } from '../rows/span.ts';
import type { DatabaseFile } from './database-file.ts';
import { faultOf, refusal } from './faults.ts';
import { isHaiosError } from '../../core/errors.ts';

/** Stores a batch in one transaction; if some row is refused, each in its own, so that the others are kept. */
export function writeBatch(history: DatabaseFile, waitMs: number, rows: readonly Write[]): Written {
  const start = performance.now();
  const refused: string[] = [];
  try {
    history.transaction(waitMs, (db) => {
      for (const row of rows) writeRow(db, row);
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    for (const row of rows) writeAlone(history, waitMs, row, refused);
  }
  const spans = rows.reduce((count, row) => count + (row.type === 'span' ? 1 : 0), 0);
  return { durationMs: performance.now() - start, spans, refused };
}

function writeAlone(history: DatabaseFile, waitMs: number, row: Write, refused: string[]): void {
  try {
    history.transaction(waitMs, (db) => writeRow(db, row));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refused.push(refusal(`A row of type ${row.type}`, error).message);
  }
}

function isRefusal(error: unknown): boolean {
  return !isHaiosError(error) && faultOf(error) === 'refused';
}

function writeRow(db: Database, write: Write): void {
  switch (write.type) {
    case 'run':
      upsert(db, 'runs', ['run_id'], runFields(write.row));
      return;
    case 'task':
      upsert(db, 'tasks', ['task_id'], taskFields(write.row));
      upsert(db, 'cost_records', ['task_id'], {
        task_id: write.row.taskId,
        run_id: write.row.runId,
        ...costFields(write.row.cost),
      });
      return;
    case 'span':
      upsert(db, 'spans', ['span_id'], spanFields(write.row));
      if (write.payload === null) return;
      upsert(db, 'span_payloads', ['span_id'], {
        span_id: write.row.spanId,
        run_id: write.row.runId,
        input: write.payload.input,
        output: write.payload.output,
      });
      return;
    case 'artefact':
      upsert(db, 'artefacts', ['run_id', 'path', 'sha256', 'at'], artefactFields(write.row));
      return;
    case 'issue':
      upsert(db, 'issues', ['issue_id'], issueFields(write.row));
      return;
    case 'report':
      upsert(db, 'reports', ['g', 'kind'], reportFields(write.row));
      return;
    case 'forecast':
      upsert(db, 'forecasts', ['run_id'], forecastFields(write.row));
      return;
    case 'checkpoint':
      upsert(db, 'checkpoints', ['run_id'], { run_id: write.runId, json: write.json, at: Date.now() });
      return;
    case 'checkpoint_gone':
      sql(db, 'DELETE FROM checkpoints WHERE run_id = ?').run(write.runId);
      return;
  }
}
