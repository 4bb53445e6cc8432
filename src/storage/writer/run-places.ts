import type { Database } from 'better-sqlite3';
import {
  answerStart,
  mayStart,
  startWindowMs,
  type StartAnswer,
  type StartCount,
} from '../../core/policies/admission.ts';
import type { StartRule } from '../../core/policies/start-rules.ts';
import type { PlaceRequest } from '../storage.ts';
import { number, sql } from '../sql.ts';

/** Each of these is one transaction, so that two runtimes can never take the same place. */
export function takePlace(db: Database, request: PlaceRequest, at: number): StartAnswer {
  const { rules, resumed } = request;
  // Kept no longer than their start counts; after a clock was set back they stay longer, which is the stricter side.
  sql(db, `DELETE FROM run_places WHERE state = 'ended' AND started_at <= ?`).run(Math.round(at - startWindowMs));
  const answer = answerStart(
    rules.map((rule) => count(db, rule, endOfQueue, at)),
    resumed,
  );
  if (answer.kind === 'started' || answer.kind === 'queued') insert(db, request, answer.kind === 'started', at);
  return answer;
}

/** Of runs that wait, in the order they asked in, starts those that may. Returns their ids. */
export function advance(db: Database, waiting: readonly PlaceRequest[], at: number): readonly string[] {
  return waiting.flatMap((request) => (begin(db, request, at) ? [request.runId] : []));
}

/** Gives the run's place back. A start goes on counting until its hour is over. */
export function leavePlace(db: Database, runId: string): void {
  sql(db, `DELETE FROM run_places WHERE run_id = ? AND state = 'queued'`).run(runId);
  sql(db, `UPDATE run_places SET state = 'ended' WHERE run_id = ? AND state = 'running'`).run(runId);
}

/** The same for all runs of a runtime that is gone. */
export function leavePlaces(db: Database, runtimeId: string): void {
  sql(db, `DELETE FROM run_places WHERE runtime_id = ? AND state = 'queued'`).run(runtimeId);
  sql(db, `UPDATE run_places SET state = 'ended' WHERE runtime_id = ? AND state = 'running'`).run(runtimeId);
}

const endOfQueue = Number.MAX_SAFE_INTEGER;

function insert(db: Database, request: PlaceRequest, started: boolean, at: number): void {
  const { runId, runtimeId, subject, resumed } = request;
  sql(
    db,
    `INSERT INTO run_places (run_id, runtime_id, repository, workspace, agent, state, resumed, asked_at, started_at)
     VALUES (@runId, @runtimeId, @repository, @workspace, @agent, @state, @resumed, @at, @startedAt)`,
  ).run({
    runId,
    runtimeId,
    repository: subject.repository,
    workspace: subject.workspace,
    agent: subject.agent,
    state: started ? 'running' : 'queued',
    resumed: resumed ? 1 : 0,
    at: Math.round(at),
    startedAt: started ? Math.round(at) : null,
  });
}

function begin(db: Database, request: PlaceRequest, at: number): boolean {
  const mine = sql(db, `SELECT place FROM run_places WHERE run_id = ? AND state = 'queued'`).get(request.runId);
  if (mine === undefined) {
    // Others took this runtime for dead: the run waits again, behind those that came meanwhile.
    insert(db, request, false, at);
    return false;
  }
  const place = number(mine, 'place');
  if (hasElder(db, place)) return false;
  const counts = request.rules.map((rule) => count(db, rule, place, at));
  if (!mayStart(counts, request.resumed)) return false;
  sql(db, `UPDATE run_places SET state = 'running', started_at = ? WHERE place = ?`).run(Math.round(at), place);
  return true;
}

/** Whether one like it asked earlier and waits: among those the order is kept to the letter, however many places are free. */
function hasElder(db: Database, place: number): boolean {
  const elder = sql(
    db,
    `SELECT 1 FROM run_places AS mine JOIN run_places AS other ON other.state = 'queued' AND other.place < mine.place
       AND other.repository IS mine.repository AND other.workspace IS mine.workspace AND other.agent = mine.agent
     WHERE mine.place = ? LIMIT 1`,
  ).get(place);
  return elder !== undefined;
}

const matching = `(@repository IS NULL OR repository = @repository) AND (@workspace IS NULL OR workspace = @workspace)
  AND (@agent IS NULL OR agent GLOB @agent)`;

function count(db: Database, rule: StartRule, before: number, at: number): StartCount {
  const counts = sql(
    db,
    `SELECT COUNT(*) FILTER (WHERE state = 'running') AS running, COUNT(*) FILTER (WHERE state = 'queued' AND place < @before) AS ahead
     FROM run_places WHERE state <> 'ended' AND ${matching}`,
  ).get({ ...rule.of, before });
  const starts =
    rule.startsPerHour === null
      ? []
      : sql(
          db,
          `SELECT started_at FROM run_places WHERE started_at > @since AND resumed = 0 AND ${matching} ORDER BY started_at`,
        ).all({ ...rule.of, since: Math.round(at - startWindowMs) });
  return {
    rule,
    running: number(counts ?? {}, 'running'),
    ahead: number(counts ?? {}, 'ahead'),
    starts: starts.map((row) => number(row, 'started_at')),
  };
}
