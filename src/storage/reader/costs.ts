import type { Database } from 'better-sqlite3';
import type { CostRow } from '../../protocol/messages.ts';
import type { CostTotal } from '../storage.ts';
import type { CostRecord } from '../../protocol/rows.ts';
import { addCost, noCost } from '../../protocol/rows.ts';
import { costOf } from '../rows/cost.ts';
import { boundsOf, settledBetween, settledOfRuns, totals, type Between } from '../rollups.ts';
import type { Fields } from '../sql.ts';
import { number, sql, text, textOrNull } from '../sql.ts';
import { dayBounds, dayOf } from './days.ts';

export interface CostsQuery extends Between {
  readonly by: 'run' | 'model' | 'day' | 'agent' | 'task';
}
interface Group {
  readonly cost: CostRecord;
  readonly latest: number;
  readonly reckoned: boolean;
}

const useKeys = {
  run: 'r.run_id',
  task: 't.task_id',
  model: 'r.model',
  agent: 'r.agent',
  day: 'local_day(COALESCE(t.ended_at, t.started_at))',
} as const;

/**
 * Groups of what was settled from `since` until (not with) `until`. Money, tokens and calls are the ledger's; cpu,
 * memory and disk are those of the tasks that ended in that time, counted under their run's model and agent.
 * Newest group first for runs and days, dearest first for models and agents.
 */
export function readCosts(ledger: Database, history: Database, query: CostsQuery): readonly CostRow[] {
  const groups = new Map<string, Group>();
  for (const found of settled(ledger, query.by, query)) add(groups, found);
  for (const found of used(history, useKeys[query.by], query)) add(groups, found);
  const rows = [...groups].map(([key, group]) => ({ key, ...group }));
  rows.sort((a, b) =>
    query.by === 'run' || query.by === 'day'
      ? b.latest - a.latest
      : b.cost.nusd - a.cost.nusd || (a.key < b.key ? -1 : 1),
  );
  return rows.map(({ key, cost, reckoned }) => ({
    key,
    ...(query.by === 'run'
      ? aboutRun(history, key, reckoned)
      : { label: key, priceAs: reckoned ? 'another model' : null }),
    cost,
    amount: null,
    unit: null,
  }));
}

export function readTotal(ledger: Database, history: Database, query: Between): CostTotal {
  const found = [...settled(ledger, 'all', query), ...used(history, `'all'`, query)];
  const cost = found.reduce((sum, { cost: part }) => addCost(sum, part), noCost);
  return { ...cost, reckoned: found.some(({ reckoned }) => reckoned) };
}

interface Found extends Group {
  readonly key: string;
}

function settled(db: Database, by: CostsQuery['by'] | 'all', time: Between): readonly Found[] {
  return settledRows(db, by, time).map((row) => ({
    key: text(row, 'key'),
    latest: number(row, 'latest'),
    cost: costOf(row),
    reckoned: number(row, 'as_nusd') > 0,
  }));
}

/** Groups without a call are left out: all they had was taken back. */
function settledRows(db: Database, by: CostsQuery['by'] | 'all', time: Between): readonly Fields[] {
  switch (by) {
    case 'all':
      return grouped(db, `'all'`, '0', settledBetween('TRUE'), boundsOf(time));
    case 'model':
    case 'agent':
      return grouped(db, by, '0', settledBetween('TRUE'), boundsOf(time));
    case 'run':
    case 'task':
      return grouped(db, `${by}_id`, 'MAX(last_at)', settledOfRuns, { ...time });
    case 'day':
      return daysIn(db, time).flatMap(({ day, ...part }) =>
        grouped(db, '@key', '@since', settledBetween('TRUE'), { ...boundsOf(part), key: day }),
      );
  }
}

function grouped(
  db: Database,
  key: string,
  latest: string,
  from: string,
  values: Readonly<Record<string, number | string>>,
): readonly Fields[] {
  return sql(
    db,
    `SELECT ${key} AS key, ${latest} AS latest, ${totals} FROM ${from} GROUP BY 1 HAVING SUM(calls) > 0`,
  ).all(values);
}

/** The local days of a time in which something was settled. */
function daysIn(db: Database, { since, until }: Between): readonly (Between & { readonly day: string })[] {
  const ends = sql(
    db,
    `SELECT (SELECT MIN(at) FROM ledger WHERE pricing IS NOT NULL AND at >= @since AND at < @until) AS first,
       (SELECT MAX(at) FROM ledger WHERE pricing IS NOT NULL AND at >= @since AND at < @until) AS last`,
  ).get({ since, until });
  if (ends === undefined || ends['first'] === null) return [];
  const days: (Between & { readonly day: string })[] = [];
  for (let at = number(ends, 'first'); at <= number(ends, 'last');) {
    const day = dayOf(at);
    const { start, end } = dayBounds(day);
    days.push({ day, since: Math.max(start, since), until: Math.min(end, until) });
    at = end;
  }
  return days;
}

/** Only what the ledger does not hold. */
function used(db: Database, key: string, { since, until }: Between): readonly Found[] {
  return sql(
    db,
    `SELECT ${key} AS key, MAX(COALESCE(t.ended_at, t.started_at)) AS latest, SUM(c.cpu_seconds) AS cpu_seconds,
       MAX(c.mem_bytes) AS mem_bytes, SUM(c.disk_bytes) AS disk_bytes
     FROM cost_records c JOIN tasks t ON t.task_id = c.task_id JOIN runs r ON r.run_id = c.run_id
     WHERE COALESCE(t.ended_at, t.started_at) >= ? AND COALESCE(t.ended_at, t.started_at) < ? GROUP BY 1`,
  )
    .all(since, until)
    .map((row) => ({ key: text(row, 'key'), latest: number(row, 'latest'), cost: costOf(row), reckoned: false }));
}

function add(groups: Map<string, Group>, { key, cost, latest, reckoned }: Found): void {
  const group = groups.get(key) ?? { cost: noCost, latest: 0, reckoned: false };
  groups.set(key, {
    cost: addCost(group.cost, cost),
    latest: Math.max(group.latest, latest),
    reckoned: group.reckoned || reckoned,
  });
}

/** Its label is the first line of the prompt, at most 80 characters; the id for a run that is only in the ledger. */
function aboutRun(db: Database, runId: string, reckoned: boolean): Pick<CostRow, 'label' | 'priceAs'> {
  const run = sql(db, 'SELECT substr(prompt, 1, 400) AS prompt, price_as FROM runs WHERE run_id = ?').get(runId);
  const line = run === undefined ? '' : (text(run, 'prompt').trim().split(/\r?\n/, 1)[0] ?? '');
  const label = line.length <= 80 ? line : `${line.slice(0, 79)}…`;
  const priceAs = run === undefined ? null : textOrNull(run, 'price_as');
  return { label: line === '' ? runId : label, priceAs: reckoned ? (priceAs ?? 'another model') : null };
}
