import type { Database } from 'better-sqlite3';
import { HaiosError } from '../../core/errors.ts';
import type { Page, RunsQuery } from '../../protocol/messages.ts';
import type { ArtefactRow, IssueRow, RunRow, TaskRow } from '../../protocol/rows.ts';
import { artefactOf, issueOf } from '../rows/registry.ts';
import { runOf, taskOf } from '../rows/run.ts';
import { sql, text } from '../sql.ts';

/** Newest first. The cursor holds the place of the last row, so that new runs do not shift a page. */
export function readRuns(db: Database, query: RunsQuery): Page<RunRow> {
  const limit = pageSize(query.limit);
  const place = query.cursor === null ? null : placeOf(query.cursor);
  const rows = sql(
    db,
    `SELECT *, rowid AS place FROM runs WHERE @g IS NULL OR (g, rowid) < (@g, @place) ORDER BY g DESC, rowid DESC LIMIT @limit`,
  ).all({ g: place?.[0] ?? null, place: place?.[1] ?? null, limit: limit + 1 });
  const last = rows[limit - 1];
  const next = rows.length > limit && last !== undefined ? `${text(last, 'g')}.${text(last, 'place')}` : null;
  return { rows: rows.slice(0, limit).map(runOf), next };
}

export function readRun(db: Database, idOrG: string): RunRow | null {
  const byId = sql(db, 'SELECT * FROM runs WHERE run_id = ?').get(idOrG);
  if (byId !== undefined) return runOf(byId);
  const g = /^g?0*(\d{1,15})$/.exec(idOrG)?.[1];
  if (g === undefined) return null;
  const byG = sql(db, 'SELECT * FROM runs WHERE g = ? ORDER BY rowid DESC LIMIT 1').get(Number(g));
  return byG === undefined ? null : runOf(byG);
}

export function readTasks(db: Database, runId: string): readonly TaskRow[] {
  return sql(
    db,
    `SELECT c.*, t.* FROM tasks t LEFT JOIN cost_records c ON c.task_id = t.task_id
     WHERE t.run_id = ? ORDER BY t.started_at, t.depth, t.rowid`,
  )
    .all(runId)
    .map(taskOf);
}

export function readCheckpoint(db: Database, runId: string): string | null {
  const found = sql(db, 'SELECT json FROM checkpoints WHERE run_id = ?').get(runId);
  return found === undefined ? null : text(found, 'json');
}

export function readArtefacts(db: Database, runId: string): readonly ArtefactRow[] {
  return sql(db, 'SELECT * FROM artefacts WHERE run_id = ? ORDER BY at, artefact_id').all(runId).map(artefactOf);
}

/** Newest first. */
export function readIssues(
  db: Database,
  filter: {
    readonly runId?: string;
    readonly open?: boolean;
    readonly code?: IssueRow['code'];
    readonly since?: number;
    readonly until?: number;
    readonly limit: number;
  },
): readonly IssueRow[] {
  return sql(
    db,
    `SELECT * FROM issues WHERE (@runId IS NULL OR run_id = @runId)
       AND (@open IS NULL OR (closed_at IS NULL) = @open) AND (@code IS NULL OR code = @code)
       AND at >= @since AND at < @until ORDER BY at DESC, rowid DESC LIMIT @limit`,
  )
    .all({
      runId: filter.runId ?? null,
      open: filter.open === undefined ? null : filter.open ? 1 : 0,
      code: filter.code ?? null,
      since: filter.since ?? 0,
      until: filter.until ?? Number.MAX_SAFE_INTEGER,
      limit: pageSize(filter.limit),
    })
    .map(issueOf);
}

/** A page holds 1 to 1000 rows. */
export function pageSize(limit: number): number {
  return Number.isFinite(limit) ? Math.min(Math.max(Math.floor(limit), 1), 1000) : 1000;
}

function placeOf(cursor: string): readonly [number, number] {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (match === null)
    throw new HaiosError(
      'USAGE',
      `The cursor "${cursor.slice(0, 40)}" is none that a page gave: ask for the first page.`,
    );
  return [Number(match[1]), Number(match[2])];
}
