import { tokenKinds } from '../catalogue/states.ts';
import { isoTime } from './format.ts';

/** What the queries below call each sum; a test compares them with the report's own. */
const sums = [
  'SUM(sign) AS calls',
  ...tokenKinds.map((kind) => `SUM(${kind}_tokens) AS ${kind}`),
  'SUM(total_tokens) AS tokens',
  'SUM(usd_nusd) AS nusd',
  'SUM(sign * estimated) AS estimated_calls',
  'SUM(total_tokens * estimated) AS estimated_tokens',
  'SUM(usd_nusd * estimated) AS estimated_nusd',
  "SUM(sign * (pricing = 'reported')) AS reported_calls",
  "SUM(usd_nusd * (pricing = 'reported')) AS reported_nusd",
  "SUM(sign * (pricing = 'as')) AS reckoned_calls",
  "SUM(usd_nusd * (pricing = 'as')) AS reckoned_nusd",
  "SUM(sign * (pricing = 'unpriced')) AS unpriced_calls",
  "SUM(total_tokens * (pricing = 'unpriced')) AS unpriced_tokens",
  'SUM(sign * (sign * usd_nusd > reserved_nusd OR sign * total_tokens > reserved_tokens)) AS overrun_calls',
  'SUM(sign * MAX(0, sign * usd_nusd - reserved_nusd)) AS overrun_nusd',
  'SUM(sign * MAX(0, sign * total_tokens - reserved_tokens)) AS overrun_tokens',
].join(',\n  ');

/** How each section of the report is keyed. A correction is served at the tier of the settlement it takes back. */
const keys = {
  day: "date(at / 1000, 'unixepoch', 'localtime')",
  model: 'model',
  agent: 'agent',
  tier: `COALESCE(iif(sign = 1, service_tier, (SELECT s.service_tier FROM ledger s WHERE s.call_id = c.call_id
    AND s.entry = 'settle' AND s.entry_id < c.entry_id ORDER BY s.entry_id DESC LIMIT 1)), 'not told')`,
  run: 'run_id',
  task: 'task_id',
} as const;

/**
 * Queries that give the report's totals and its groups from `ledger.db`, in the report's own window and up to the last
 * entry it saw. A corrected settlement has a `reverse` entry of the same amounts below zero, so that plain sums are right.
 */
export function reproducingSql({ since, until, upTo }: { since: number; until: number; upTo: number }): string {
  const calls = [
    "  SELECT *, iif(entry = 'settle', 1, -1) AS sign FROM ledger",
    `  WHERE pricing IS NOT NULL AND at >= ${Math.round(since)} AND at < ${Math.round(until)} AND entry_id <= ${upTo}`,
  ].join('\n');
  const groups = Object.entries(keys).map(
    ([section, key]) => `  SELECT '${section}' AS section, ${key} AS key, c.* FROM c`,
  );
  return [
    `-- sqlite3 ledger.db, times in milliseconds since the epoch, here ${isoTime(since)} to ${isoTime(until)}`,
    `WITH c AS (\n${calls}\n)\nSELECT\n  ${sums}\nFROM c;`,
    '',
    '-- The same by day, model, agent, tier, run and task.',
    `WITH c AS (\n${calls}\n), g AS (\n${groups.join('\n  UNION ALL\n')}\n)`,
    `SELECT\n  section, key,\n  ${sums}\nFROM g GROUP BY section, key ORDER BY section, nusd DESC, tokens DESC, key;`,
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
