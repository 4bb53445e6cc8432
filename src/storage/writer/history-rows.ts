import type { Database } from 'better-sqlite3';
import type { RowWrite, Write } from '../storage.ts';
import type { WriteBatch, Written } from '../thread/messages.ts';
import { sql, upsert } from '../sql.ts';
import { costFields } from '../rows/cost.ts';
import { forecastFields } from '../rows/forecast.ts';
import { artefactFields, issueFields, reportFields } from '../rows/registry.ts';
import { runFields, taskFields } from '../rows/run.ts';
import type { DatabaseFile } from './database-file.ts';
import { faultOf, refusal } from './faults.ts';
import { alone, writeSpans } from './span-rows.ts';
import { isHaiosError } from '../../core/errors.ts';

/** Stores a batch in one transaction; if some row is refused, each in its own, so that the others are kept. */
export function writeBatch(history: DatabaseFile, waitMs: number, { rows, spans }: WriteBatch): Written {
  const start = performance.now();
  const refused: string[] = [];
  try {
    history.transaction(waitMs, (db) => {
      for (const row of rows) writeRow(db, row);
      writeSpans(db, spans);
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    for (const row of rows) writeAlone(history, waitMs, row.type, (db) => writeRow(db, row), refused);
    for (const span of alone(spans)) writeAlone(history, waitMs, 'span', (db) => writeSpans(db, span), refused);
  }
  return { durationMs: performance.now() - start, spans: spans.count, refused };
}

function writeAlone(
  history: DatabaseFile,
  waitMs: number,
  type: Write['type'],
  write: (db: Database) => void,
  refused: string[],
): void {
  try {
    history.transaction(waitMs, write);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refused.push(refusal(`A row of type ${type}`, error).message);
  }
}

function isRefusal(error: unknown): boolean {
  return !isHaiosError(error) && faultOf(error) === 'refused';
}

function writeRow(db: Database, write: RowWrite): void {
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
    case 'artefact':
      upsert(db, 'artefacts', ['run_id', 'path', 'sha256', 'at'], artefactFields(write.row));
      return;
    case 'issue':
      upsert(db, 'issues', ['issue_id'], issueFields(write.row));
      return;
    case 'report':
      upsert(db, 'reports', ['g', 'kind'], reportFields(write.row));
      return;
    case 'report_once':
      if (sql(db, 'SELECT 1 FROM artefacts WHERE run_id = ?').get(write.artefact.runId) !== undefined) return;
      upsert(db, 'reports', ['g', 'kind'], reportFields(write.report));
      upsert(db, 'artefacts', ['run_id', 'path', 'sha256', 'at'], artefactFields(write.artefact));
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
