import type { Database } from 'better-sqlite3';
import type {
  DaySum,
  KeySum,
  Overruns,
  Ranked,
  Settled,
  SettledSum,
  SettledSums,
} from '../../core/costs/settled-sums.ts';
import type { LedgerRow } from '../../protocol/rows.ts';
import { callOf, selectSettled } from '../rows/call.ts';
import { tokenColumns, tokensOf } from '../rows/cost.ts';
import { number, oneOf, sql, text, type Fields } from '../sql.ts';
import { dayBounds, dayOf } from './days.ts';

export interface SettledQuery {
  /** Ms since the epoch; settlements with `since` ≤ time < `until` are in. */
  readonly since: number;
  readonly until: number;
  /** How many runs, tasks and calls are told of at most. */
  readonly most: number;
}

/** In a longer time than this many calls make, the index by key is read whole instead of sorting what the time's index finds. */
const manyCalls = 100_000;

export function readSettled(db: Database, query: SettledQuery): SettledSums {
  const upTo = number(sql(db, 'SELECT MAX(entry_id) AS last FROM ledger').get() ?? {}, 'last');
  const days = readDays(db, query);
  const calls = days.reduce((sum, day) => sum + day.calls, 0);
  const overruns = days.reduce((sum, day) => sum + day.overruns.calls, 0);
  return {
    days,
    runs: readRanked(db, 'run_id', query, calls),
    tasks: readRanked(db, 'task_id', query, calls),
    calls: readDearest(db, query),
    overruns: overruns === 0 ? [] : readOverruns(db, query),
    upTo,
  };
}

/** Settlements and corrections in the order of the ledger, after entry `after` and up to `upTo`. */
export function readSettlements(
  db: Database,
  query: {
    readonly since: number;
    readonly until: number;
    readonly after: number;
    readonly upTo: number;
    readonly limit: number;
  },
): readonly Settled[] {
  const { limit, after, ...bounds } = query;
  const first = after > 0 ? null : sql(db, `SELECT MIN(entry_id) AS first FROM ledger WHERE ${inTime}`).get(bounds);
  const from = first == null ? after : number(first, 'first') - 1;
  return sql(
    db,
    `SELECT entry_id, entry, at, model, agent, run_id, task_id, ${tokenColumns.map((c) => `ABS(${c}) AS ${c}`).join(', ')}
     FROM ledger NOT INDEXED
     WHERE pricing IS NOT NULL AND at >= @since AND at < @until AND entry_id > @from AND entry_id <= @upTo
     ORDER BY entry_id LIMIT @limit`,
  )
    .all({ ...bounds, from, limit: Math.min(Math.max(Math.floor(limit), 1), 10_000) })
    .map((row) => ({
      entryId: number(row, 'entry_id'),
      sign: text(row, 'entry') === 'settle' ? 1 : -1,
      at: number(row, 'at'),
      model: text(row, 'model'),
      agent: text(row, 'agent'),
      runId: text(row, 'run_id'),
      taskId: text(row, 'task_id'),
      tokens: tokensOf(row),
    }));
}

const inTime = 'pricing IS NOT NULL AND at >= @since AND at < @until';
const sign = "iif(entry = 'settle', 1, -1)";
const past = 'ABS(usd_nusd) > reserved_nusd OR ABS(total_tokens) > reserved_tokens';
const sums = `SUM(${sign}) AS calls, ${tokenColumns.map((c) => `SUM(${c}) AS ${c}`).join(', ')}, SUM(usd_nusd) AS usd_nusd,
  SUM(iif(${past}, ${sign}, 0)) AS over_calls,
  SUM(${sign} * MAX(0, ABS(usd_nusd) - reserved_nusd)) AS over_nusd,
  SUM(${sign} * MAX(0, ABS(total_tokens) - reserved_tokens)) AS over_tokens`;
/** A `reverse` entry holds no tier: it is that of the settlement before it. */
const tier = `CASE entry WHEN 'settle' THEN service_tier ELSE (SELECT s.service_tier FROM ledger s
  WHERE s.call_id = ledger.call_id AND s.entry = 'settle' AND s.entry_id < ledger.entry_id ORDER BY s.entry_id DESC LIMIT 1) END`;

/** Day by day, so that each is found by its time and no day need be reckoned for each row. */
function readDays(db: Database, { since, until }: SettledQuery): readonly DaySum[] {
  const statement = sql(
    db,
    `SELECT model, agent, pricing, estimated, ${tier} AS tier, ${sums} FROM ledger WHERE ${inTime} GROUP BY 1, 2, 3, 4, 5`,
  );
  const found: DaySum[] = [];
  for (let from = firstIn(db, since, until); from !== null;) {
    const day = dayOf(from);
    const end = Math.min(dayBounds(day).end, until);
    for (const row of statement.all({ since: from, until: end })) {
      if (number(row, 'calls') === 0) continue;
      found.push({
        ...sumOf(row),
        day,
        model: text(row, 'model'),
        agent: text(row, 'agent'),
        tier: row['tier'] === null ? null : oneOf(row, 'tier'),
      });
    }
    from = firstIn(db, end, until);
  }
  return found;
}

/** The first settlement in a time: days without any are passed over. */
function firstIn(db: Database, since: number, until: number): number | null {
  const first = sql(db, `SELECT MIN(at) AS at FROM ledger WHERE ${inTime}`).get({ since, until })?.['at'] ?? null;
  return first === null ? null : Number(first);
}

function readRanked(db: Database, column: 'run_id' | 'task_id', query: SettledQuery, calls: number): Ranked {
  const { since, until, most } = query;
  const at = calls > manyCalls ? '+at' : 'at';
  const ranked = sql(
    db,
    `SELECT ${column} AS key, SUM(usd_nusd) AS nusd, SUM(total_tokens) AS tokens, COUNT(*) OVER () AS keys FROM ledger
     WHERE pricing IS NOT NULL AND ${at} >= @since AND ${at} < @until GROUP BY 1 ORDER BY nusd DESC, tokens DESC, key LIMIT @most`,
  ).all({ since, until, most });
  const keys = JSON.stringify(ranked.map((row) => text(row, 'key')));
  const parts = sql(
    db,
    `SELECT ${column} AS key, MAX(run_id) AS run_id, pricing, estimated, ${sums} FROM ledger
     WHERE pricing IS NOT NULL AND +at >= @since AND +at < @until AND ${column} IN (SELECT value FROM json_each(@keys))
     GROUP BY 1, 3, 4`,
  ).all({ since, until, keys });
  return {
    keys: ranked[0] === undefined ? 0 : number(ranked[0], 'keys'),
    sums: parts
      .filter((row) => number(row, 'calls') > 0)
      .map((row): KeySum => ({ ...sumOf(row), key: text(row, 'key'), runId: text(row, 'run_id') })),
  };
}

/** Found by the index of the time, which holds money and tokens; a settlement that was corrected is none. */
function readDearest(db: Database, { since, until, most }: SettledQuery): readonly LedgerRow[] {
  return sql(
    db,
    `${selectSettled} AND s.entry_id IN (SELECT entry_id FROM ledger WHERE ${inTime}
       ORDER BY usd_nusd DESC, total_tokens DESC, entry_id LIMIT @most)
     ORDER BY s.usd_nusd DESC, s.total_tokens DESC, s.entry_id`,
  )
    .all({ since, until, most })
    .map(callOf);
}

function readOverruns(db: Database, { since, until, most }: SettledQuery): readonly LedgerRow[] {
  return sql(
    db,
    `${selectSettled} AND s.pricing IS NOT NULL AND s.at >= @since AND s.at < @until
       AND (s.usd_nusd > s.reserved_nusd OR s.total_tokens > s.reserved_tokens)
     ORDER BY s.usd_nusd - s.reserved_nusd DESC, s.total_tokens - s.reserved_tokens DESC, s.entry_id LIMIT @most`,
  )
    .all({ since, until, most })
    .map(callOf);
}

function sumOf(row: Fields): SettledSum {
  return {
    pricing: oneOf(row, 'pricing'),
    estimated: number(row, 'estimated') > 0,
    calls: number(row, 'calls'),
    tokens: tokensOf(row),
    nusd: number(row, 'usd_nusd'),
    overruns: overrunsOf(row),
  };
}

function overrunsOf(row: Fields): Overruns {
  return { calls: number(row, 'over_calls'), nusd: number(row, 'over_nusd'), tokens: number(row, 'over_tokens') };
}
