import type { Database } from 'better-sqlite3';
import type { LedgerLimit } from '../../core/ports.ts';
import { boundsOf, settledBetween, type Between } from '../rollups.ts';
import { number, sql } from '../sql.ts';

/** By what a call falls under a limit. */
export interface Subject {
  readonly runId: string;
  readonly taskId: string;
  readonly agent: string;
  readonly model: string;
  readonly workspace: string | null;
}
export interface Amounts {
  readonly nusd: number;
  readonly tokens: number;
}

/** Which calls count under a limit, said twice: for what is in memory, and for the rows. */
export interface LimitScope {
  readonly covers: (subject: Subject) => boolean;
  /** Settled in a time. */
  readonly settled: (db: Database, time: Between) => Amounts;
}

/** Two limits of one name count the same calls (in the same window). */
export function scopeName({ scope, key, window, runId, workspace }: LedgerLimit): string {
  return `${scope}\n${key}\n${window}\n${runId ?? ''}\n${workspace ?? ''}`;
}

/** A limit per call counts no other call. */
export function scopeOf(limit: LedgerLimit): LimitScope {
  const { key, runId, workspace } = limit;
  const { condition, covers } = scopes[limit.scope](key);
  const conditions = [
    condition,
    ...(runId === undefined ? [] : ['run_id = @run']),
    ...(workspace === undefined ? [] : ['workspace = @place']),
  ].join(' AND ');
  const values = {
    ...(condition.includes('@key') && { key: condition.includes('GLOB') ? key.replaceAll('[', '[[]') : key }),
    ...(runId !== undefined && { run: runId }),
    ...(workspace !== undefined && { place: workspace }),
  };
  const ofRun = /run_id|task_id/.test(conditions);
  return {
    covers: (subject) =>
      covers(subject) &&
      (runId === undefined || subject.runId === runId) &&
      (workspace === undefined || subject.workspace === workspace),
    settled: (db, time) => {
      if (condition === 'FALSE') return { nusd: 0, tokens: 0 };
      const [from, bounds] = ofRun ? ofOneRun(conditions, time) : [settledBetween(conditions), boundsOf(time)];
      const found = sql(db, `SELECT SUM(usd_nusd) AS nusd, SUM(total_tokens) AS tokens FROM ${from}`).get({
        ...bounds,
        ...values,
      });
      return { nusd: number(found ?? {}, 'nusd'), tokens: number(found ?? {}, 'tokens') };
    },
  };
}

/** The whole of a run or task has a total of its own; a window of it is read from its rows. */
function ofOneRun(conditions: string, { since, until }: Between): [string, Readonly<Record<string, number>>] {
  if (since <= 0 && until > Number.MAX_SAFE_INTEGER) return [`run_totals WHERE ${conditions}`, {}];
  return [`ledger WHERE pricing IS NOT NULL AND at >= @since AND at < @until AND ${conditions}`, { since, until }];
}

type Rule = (key: string) => { readonly condition: string; readonly covers: (subject: Subject) => boolean };

const scopes: Readonly<Record<LedgerLimit['scope'], Rule>> = {
  call: () => ({ condition: 'FALSE', covers: () => false }),
  user: () => ({ condition: 'TRUE', covers: () => true }),
  run: (key) => ({ condition: 'run_id = @key', covers: ({ runId }) => runId === key }),
  task: (key) => ({ condition: 'task_id = @key', covers: ({ taskId }) => taskId === key }),
  workspace: (key) => ({ condition: 'workspace = @key', covers: ({ workspace }) => workspace === key }),
  model: (key) => {
    const pattern = patternOf(key);
    return { condition: 'model GLOB @key', covers: ({ model }) => pattern.test(model) };
  },
  agent: (key) => {
    const pattern = patternOf(key);
    return { condition: 'agent GLOB @key', covers: ({ agent }) => pattern.test(agent) };
  },
};

/** `*` and `?` as GLOB reads them; brackets stand for themselves. */
function patternOf(key: string): RegExp {
  const source = key
    .replace(/[.+^${}()|[\]\\/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}
