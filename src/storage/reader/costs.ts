import type { Database } from 'better-sqlite3';
import type { CostRow } from '../../protocol/messages.ts';
import type { CostRecord } from '../../protocol/rows.ts';
import { addCost, noCost } from '../../protocol/rows.ts';
import { settledSums } from '../rows/call.ts';
import { costOf } from '../rows/cost.ts';
import { number, sql, text } from '../sql.ts';

export interface CostsQuery {
  readonly by: 'run' | 'model' | 'day' | 'agent';
  readonly since: number;
  readonly until: number;
}
interface Group {
  cost: CostRecord;
  latest: number;
}

const ledgerKeys = { run: 'run_id', model: 'model', agent: 'agent', day: 'local_day(at)' } as const;
const useKeys = {
  run: 'r.run_id',
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
  for (const found of settled(ledger, ledgerKeys[query.by], query)) add(groups, found.key, found.cost, found.latest);
  for (const found of used(history, useKeys[query.by], query)) add(groups, found.key, found.cost, found.latest);
  const rows = [...groups].map(([key, { cost, latest }]) => ({ key, cost, latest }));
  rows.sort((a, b) =>
    query.by === 'run' || query.by === 'day'
      ? b.latest - a.latest
      : b.cost.nusd - a.cost.nusd || (a.key < b.key ? -1 : 1),
  );
  return rows.map(({ key, cost }) => ({
    key,
    label: query.by === 'run' ? runLabel(history, key) : key,
    cost,
    amount: null,
    unit: null,
  }));
}

export function readTotal(ledger: Database, history: Database, query: Omit<CostsQuery, 'by'>): CostRecord {
  const found = [...settled(ledger, `'all'`, query), ...used(history, `'all'`, query)];
  return found.reduce((sum, { cost }) => addCost(sum, cost), noCost);
}

interface Found {
  readonly key: string;
  readonly cost: CostRecord;
  readonly latest: number;
}

function settled(db: Database, key: string, { since, until }: Omit<CostsQuery, 'by'>): readonly Found[] {
  return sql(
    db,
    `SELECT ${key} AS key, MAX(at) AS latest, ${settledSums} FROM ledger
     WHERE pricing IS NOT NULL AND at >= ? AND at < ? GROUP BY 1`,
  )
    .all(since, until)
    .map((row) => ({ key: text(row, 'key'), latest: number(row, 'latest'), cost: costOf(row) }));
}

/** Only what the ledger does not hold. */
function used(db: Database, key: string, { since, until }: Omit<CostsQuery, 'by'>): readonly Found[] {
  return sql(
    db,
    `SELECT ${key} AS key, MAX(COALESCE(t.ended_at, t.started_at)) AS latest, SUM(c.cpu_seconds) AS cpu_seconds,
       MAX(c.mem_bytes) AS mem_bytes, SUM(c.disk_bytes) AS disk_bytes
     FROM cost_records c JOIN tasks t ON t.task_id = c.task_id JOIN runs r ON r.run_id = c.run_id
     WHERE COALESCE(t.ended_at, t.started_at) >= ? AND COALESCE(t.ended_at, t.started_at) < ? GROUP BY 1`,
  )
    .all(since, until)
    .map((row) => ({ key: text(row, 'key'), latest: number(row, 'latest'), cost: costOf(row) }));
}

function add(groups: Map<string, Group>, key: string, cost: CostRecord, latest: number): void {
  const group = groups.get(key) ?? { cost: noCost, latest: 0 };
  groups.set(key, { cost: addCost(group.cost, cost), latest: Math.max(group.latest, latest) });
}

/** The first line of the prompt, at most 80 characters; the id for a run that is only in the ledger. */
function runLabel(db: Database, runId: string): string {
  const run = sql(db, 'SELECT substr(prompt, 1, 400) AS prompt FROM runs WHERE run_id = ?').get(runId);
  const line = run === undefined ? '' : (text(run, 'prompt').trim().split(/\r?\n/, 1)[0] ?? '');
  if (line === '') return runId;
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}
