import type { Database } from 'better-sqlite3';
import type { BackTest, Hits } from '../../core/forecast/back-test.ts';
import type { PastRun } from '../../core/forecast/likeness.ts';
import { totalTokens } from '../../protocol/rows.ts';
import { costOf, tokenColumns } from '../rows/cost.ts';
import { number, numberOrNull, oneOf, sql, text, textOrNull, type Fields } from '../sql.ts';
import { pageSize } from './runs.ts';

/** However many of them failed, no more generations (runs and reports) than these are looked at. */
const generations = 2000;

/**
 * Runs from before there were forecasts have no features of their own: their prompt's length and their root task's type
 * stand in for them, and the size of their workspace is unknown.
 */
export function readPastRuns(
  db: Database,
  query: { readonly model: string; readonly prompt: string; readonly limit: number },
): readonly PastRun[] {
  return sql(
    db,
    `SELECT r.model, r.price_as, r.started_at, r.ended_at, r.duration_ms, r.tasks, r.input_tokens, r.cache_read_tokens,
       r.cache_write_tokens, r.cache_write_1h_tokens, r.output_tokens, r.reasoning_tokens, r.usd_nusd, r.unpriced_calls, r.mem_bytes,
       f.workspace_files, COALESCE(f.prompt_chars, length(r.prompt)) AS prompt_chars, r.prompt = @prompt AS same_prompt,
       COALESCE(f.type, (SELECT t.type FROM tasks t WHERE t.run_id = r.run_id AND t.depth = 0 LIMIT 1), 'inspect') AS type
     FROM runs r LEFT JOIN forecasts f ON f.run_id = r.run_id
     WHERE r.g > (SELECT MAX(g) - ${generations} FROM runs) AND r.status = 'succeeded' AND r.model = @model ORDER BY r.g DESC LIMIT @limit`,
  )
    .all({ model: query.model, prompt: query.prompt, limit: pageSize(query.limit) })
    .map(pastRunOf);
}

function pastRunOf(fields: Fields): PastRun {
  const cost = costOf(fields);
  return {
    type: oneOf(fields, 'type'),
    promptChars: number(fields, 'prompt_chars'),
    model: text(fields, 'model'),
    workspaceFiles: numberOrNull(fields, 'workspace_files'),
    samePrompt: number(fields, 'same_prompt') === 1,
    endedAt: numberOrNull(fields, 'ended_at') ?? number(fields, 'started_at'),
    durationMs: number(fields, 'duration_ms'),
    tokens: totalTokens(cost.tokens),
    nusd: cost.unpricedCalls > 0 ? null : cost.nusd,
    priceAs: textOrNull(fields, 'price_as'),
    memBytes: cost.memBytes,
    tasks: number(fields, 'tasks'),
  };
}

const truths = {
  duration_ms: 'r.duration_ms',
  tokens: tokenColumns.map((column) => `r.${column}`).join(' + '),
  usd_nusd: 'iif(r.unpriced_calls = 0, r.usd_nusd, NULL)',
  mem_bytes: 'r.mem_bytes',
} as const;

export function readBackTest(db: Database, query: { readonly since: number; readonly until: number }): BackTest {
  const counts = Object.entries(truths).map(([measure, truth]) => {
    const judged = `(${truth}) BETWEEN f.low_${measure} AND f.high_${measure}`;
    return `COUNT(${judged}) AS ${measure}_of, SUM(${judged}) AS ${measure}_within`;
  });
  const found = sql(
    db,
    `SELECT COUNT(*) AS runs, ${counts.join(', ')} FROM forecasts f JOIN runs r ON r.run_id = f.run_id
     WHERE r.status = 'succeeded' AND r.ended_at >= ? AND r.ended_at < ?`,
  ).get(query.since, query.until);
  const fields = found ?? {};
  const hits = (measure: keyof typeof truths): Hits => ({
    of: number(fields, `${measure}_of`),
    within: number(fields, `${measure}_within`),
  });
  return {
    runs: number(fields, 'runs'),
    durationMs: hits('duration_ms'),
    tokens: hits('tokens'),
    nusd: hits('usd_nusd'),
    memBytes: hits('mem_bytes'),
  };
}
