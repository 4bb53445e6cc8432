import { isoTime } from './format.ts';

/** Queries that a reader can run to get the report's totals from the databases, in the report's own window. */
export function reproducingSql(since: number, until: number): string {
  const window = `state = 'settled' AND settled_at >= ${Math.round(since)} AND settled_at < ${Math.round(until)}`;
  const sums = [
    'COUNT(*) AS calls',
    'SUM(tokens_input) AS input',
    'SUM(tokens_cache_read) AS cache_read',
    'SUM(tokens_cache_write) AS cache_write',
    'SUM(tokens_output) AS output',
    'SUM(tokens_reasoning) AS reasoning',
    'SUM(cost_nusd) AS nusd',
  ].join(', ');
  return [
    `-- sqlite3 ledger.db; times are milliseconds since the epoch: ${isoTime(since)} to ${isoTime(until)}`,
    `SELECT ${sums} FROM ledger WHERE ${window};`,
    ...['model', 'agent', 'run_id', 'task_id', `date(settled_at / 1000, 'unixepoch', 'localtime')`].map(
      (key) => `SELECT ${key}, ${sums} FROM ledger WHERE ${window} GROUP BY 1 ORDER BY SUM(cost_nusd) DESC;`,
    ),
  ].join('\n');
}
