import { tokenKinds } from '../catalogue/states.ts';
import { isoTime } from './format.ts';

/**
 * Queries that give the report's totals from `ledger.db`, in the report's own window. A corrected settlement has a
 * `reverse` entry of the same amounts below zero, so that plain sums are right.
 */
export function reproducingSql(since: number, until: number): string {
  const sums = [
    "SUM(iif(entry = 'settle', 1, -1)) AS calls",
    ...tokenKinds.map((bucket) => `SUM(${bucket}_tokens) AS ${bucket}`),
    'SUM(total_tokens) AS tokens',
    'SUM(usd_nusd) AS nusd',
    'SUM(usd_nusd * estimated) AS estimated_nusd',
    "SUM(iif(entry = 'settle', 1, -1) * (pricing = 'unpriced')) AS unpriced_calls",
  ].join(',\n  ');
  const window = `pricing IS NOT NULL AND at >= ${Math.round(since)} AND at < ${Math.round(until)}`;
  const keys = ['model', 'agent', 'run_id', 'task_id', "date(at / 1000, 'unixepoch', 'localtime')"];
  return [
    `-- sqlite3 ledger.db, times in milliseconds since the epoch, here ${isoTime(since)} to ${isoTime(until)}`,
    `SELECT\n  ${sums}\nFROM ledger WHERE ${window};`,
    '',
    '-- The same by day, model, agent, run or task: take the line of the key that is wanted.',
    `SELECT\n  ${keys.map((key, i) => (i === 0 ? `${key} AS key,` : `-- ${key} AS key,`)).join('\n  ')}\n  ${sums}\nFROM ledger WHERE ${window} GROUP BY key ORDER BY nusd DESC;`,
  ].join('\n');
}

/** Gives the report's forecasts from `haios.db`: of the runs that succeeded in the window, how many lay in their range. */
export function backTestSql(since: number, until: number): string {
  const tokens = tokenKinds.map((name) => `r.${name}_tokens`);
  const truths = [
    ['duration_ms', 'r.duration_ms'],
    ['tokens', tokens.join(' + ')],
    ['usd_nusd', 'iif(r.unpriced_calls = 0, r.usd_nusd, NULL)'],
    ['mem_bytes', 'r.mem_bytes'],
  ] as const;
  const counts = truths.flatMap(([measure, truth]) => {
    const judged = `(${truth} BETWEEN f.low_${measure} AND f.high_${measure})`;
    return [`COUNT${judged} AS ${measure}_of`, `SUM${judged} AS ${measure}_within`];
  });
  return [
    `-- sqlite3 haios.db, times in milliseconds since the epoch, here ${isoTime(since)} to ${isoTime(until)}`,
    `SELECT COUNT(*) AS runs,\n  ${counts.join(',\n  ')}`,
    'FROM forecasts f JOIN runs r ON r.run_id = f.run_id',
    `WHERE r.status = 'succeeded' AND r.ended_at >= ${Math.round(since)} AND r.ended_at < ${Math.round(until)};`,
  ].join('\n');
}
