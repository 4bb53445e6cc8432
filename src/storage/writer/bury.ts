import type { Database } from 'better-sqlite3';
import { costSums } from '../rows/cost.ts';
import { totals } from '../rollups.ts';
import type { Fields } from '../sql.ts';
import { number, sql, text } from '../sql.ts';
import { leave } from './runtimes.ts';

/** Settled money and tokens of one run, a row per task; null while the ledger cannot be read. */
export type SettledByTask = ((runId: string) => readonly Fields[]) | null;

export function settledByTask(ledger: Database, runId: string): readonly Fields[] {
  return sql(
    ledger,
    `SELECT task_id, ${totals} FROM run_totals WHERE run_id = ? GROUP BY task_id HAVING SUM(calls) > 0`,
  ).all(runId);
}

/**
 * Closes what a dead runtime left open in the history (its reservations are mended before) and forgets the runtime.
 * One transaction, so that of two that do it at once only one finds anything. Returns the runs it interrupted.
 */
export function buryHistory(db: Database, runtimeId: string, settled: SettledByTask): readonly string[] {
  const runs = sql(
    db,
    `SELECT run_id, started_at FROM runs WHERE runtime_id = ? AND status IN ('queued', 'running', 'waiting')`,
  ).all(runtimeId);
  for (const run of runs) interrupt(db, text(run, 'run_id'), number(run, 'started_at'), settled);
  leave(db, runtimeId);
  return runs.map((run) => text(run, 'run_id'));
}

function interrupt(db: Database, runId: string, startedAt: number, settled: SettledByTask): void {
  const end = lastSign(db, runId, startedAt);
  sql(
    db,
    `UPDATE spans SET status = 'interrupted', duration_ms = MAX(0, @end - started_at)
     WHERE run_id = @runId AND status = 'running'`,
  ).run({ runId, end });
  sql(
    db,
    `UPDATE tasks SET status = 'interrupted', ended_at = MAX(started_at, @end) WHERE run_id = @runId AND status = 'running'`,
  ).run({ runId, end: Math.round(end) });
  if (settled !== null) for (const task of settled(runId)) alignTask(db, runId, task, Math.round(end));
  if (settled !== null) clearUnsettled(db, runId, settled(runId));
  sql(
    db,
    `UPDATE runs SET status = 'interrupted', waiting = NULL, ended_at = @end,
       tasks = MAX(tasks, (SELECT COUNT(*) FROM tasks WHERE run_id = @runId))
     WHERE run_id = @runId`,
  ).run({ runId, end: Math.round(end) });
  alignRun(db, runId);
}

/** When the run was last seen at work: time after that was nobody's. */
function lastSign(db: Database, runId: string, startedAt: number): number {
  const found = sql(
    db,
    `SELECT MAX(started_at + COALESCE(duration_ms, 0)) AS seen FROM spans WHERE run_id = @runId
     UNION ALL SELECT MAX(COALESCE(ended_at, started_at)) FROM tasks WHERE run_id = @runId`,
  ).all({ runId });
  return Math.max(startedAt, ...found.map((row) => number(row, 'seen')));
}

const money = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'usd_nusd',
  'calls',
  'unpriced_calls',
] as const;

/** Makes a task's cost record equal to the ledger. A task whose own rows were lost with the power gets a plain one. */
function alignTask(db: Database, runId: string, settled: Fields, end: number): void {
  const taskId = text(settled, 'task_id');
  const values: Record<string, string | number> = {
    taskId,
    runId,
    end,
    estimated: number(settled, 'estimated') > 0 ? 1 : 0,
  };
  for (const column of money) values[column] = number(settled, column);
  sql(
    db,
    `INSERT INTO tasks (task_id, run_id, parent_task_id, span_id, title, type, size, depth, status, started_at, ended_at, error)
     VALUES (@taskId, @runId, NULL, '', 'Task whose row was lost', 'question', 'S', 0, 'interrupted', @end, @end, NULL)
     ON CONFLICT DO NOTHING`,
  ).run({ taskId, runId, end });
  sql(
    db,
    `INSERT INTO cost_records (task_id, run_id, ${money.join(', ')}, cpu_seconds, mem_bytes, disk_bytes, estimated)
     VALUES (@taskId, @runId, ${money.map((column) => `@${column}`).join(', ')}, 0, 0, 0, @estimated)
     ON CONFLICT (task_id) DO UPDATE SET estimated = excluded.estimated,
       ${money.map((column) => `${column} = excluded.${column}`).join(', ')}`,
  ).run(values);
}

/** Tasks for which the ledger has no settlement hold no money, whatever their record says. */
function clearUnsettled(db: Database, runId: string, settled: readonly Fields[]): void {
  const known = new Set(settled.map((task) => text(task, 'task_id')));
  for (const record of sql(db, 'SELECT task_id FROM cost_records WHERE run_id = ?').all(runId)) {
    const taskId = text(record, 'task_id');
    if (known.has(taskId)) continue;
    sql(
      db,
      `UPDATE cost_records SET estimated = 0, ${money.map((column) => `${column} = 0`).join(', ')} WHERE task_id = ?`,
    ).run(taskId);
  }
}

function alignRun(db: Database, runId: string): void {
  const total = sql(db, `SELECT COUNT(*) AS records, ${costSums} FROM cost_records WHERE run_id = ?`).get(runId);
  if (total === undefined || number(total, 'records') === 0) return;
  const { records: _, ...sums } = total;
  const changes = Object.keys(sums).map((column) => `${column} = @${column}`);
  sql(db, `UPDATE runs SET ${changes.join(', ')} WHERE run_id = @run_id`).run({ ...sums, run_id: runId });
}
