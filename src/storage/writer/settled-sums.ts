import type { Database } from 'better-sqlite3';
import type { LedgerLimit } from '../../core/ports.ts';
import { number, sql } from '../sql.ts';

interface Sum {
  readonly since: number;
  /** Entries up to and with this one are in the sums. */
  readonly upTo: number;
  readonly nusd: number;
  readonly tokens: number;
}
type Amounts = Pick<Sum, 'nusd' | 'tokens'>;

const most = 256;
const nothing: Amounts = { nusd: 0, tokens: 0 };

/**
 * What was settled under a limit since the start of its window. The ledger is append-only, so a sum once made is kept
 * and only grows by the entries after it and shrinks by those that left the window: an admission costs the same in a
 * ledger of ten calls and of a million. Forget it when a transaction was rolled back.
 */
export class SettledSums {
  readonly #sums = new Map<string, Sum>();
  #db: Database | null = null;

  /** Inside a transaction, so that all it reads is one state. */
  of(db: Database, limit: LedgerLimit): Amounts {
    const scope = conditionOf(limit);
    if (scope === null) return nothing;
    if (this.#db !== db) this.forget();
    this.#db = db;
    const name = JSON.stringify([limit.scope, limit.key, limit.window, limit.runId]);
    const head = number(sql(db, 'SELECT MAX(entry_id) AS head FROM ledger').get() ?? {}, 'head');
    const known = this.#sums.get(name);
    const sum =
      known === undefined || known.since > limit.since || known.upTo > head
        ? {
            since: limit.since,
            upTo: head,
            ...sumOf(db, `${scope} AND at >= @since`, { ...namesOf(limit), since: limit.since }),
          }
        : this.#moved(db, scope, limit, known, head);
    this.#sums.delete(name);
    this.#sums.set(name, sum);
    const oldest = this.#sums.keys().next();
    if (this.#sums.size > most && oldest.done !== true) this.#sums.delete(oldest.value);
    return sum;
  }

  forget(): void {
    this.#sums.clear();
  }

  #moved(db: Database, scope: string, limit: LedgerLimit, known: Sum, head: number): Sum {
    const { since } = limit;
    const names = namesOf(limit);
    const added =
      head === known.upTo
        ? nothing
        : sumOf(db, `entry_id > @from AND +at >= @since AND ${unindexed(scope)}`, {
            ...names,
            since,
            from: known.upTo,
          });
    const left =
      since === known.since
        ? nothing
        : sumOf(db, `at >= @from AND at < @since AND entry_id <= @upTo AND ${unindexed(scope)}`, {
            ...names,
            since,
            from: known.since,
            upTo: known.upTo,
          });
    return {
      since,
      upTo: head,
      nusd: known.nusd + added.nusd - left.nusd,
      tokens: known.tokens + added.tokens - left.tokens,
    };
  }
}

/** The condition on a row of `ledger` or `reservations` for a limit, with the names of `namesOf`; null: nothing is summed. */
export function conditionOf({ scope, runId }: LedgerLimit): string | null {
  const condition = scopes[scope];
  return condition === null || runId === undefined ? condition : `${condition} AND run_id = @run`;
}

export function namesOf({ key, runId }: LedgerLimit): Readonly<Record<string, string>> {
  return runId === undefined ? { key } : { key, run: runId };
}

const scopes: Readonly<Record<LedgerLimit['scope'], string | null>> = {
  call: null,
  run: 'run_id = @key',
  task: 'task_id = @key',
  workspace: 'workspace = @key',
  model: 'model GLOB @key',
  agent: 'agent GLOB @key',
  user: '@key IS NOT NULL',
};

/** Keeps the planner to the range of the other condition. */
function unindexed(scope: string): string {
  return scope.startsWith('@') ? scope : `+${scope}`;
}

function sumOf(db: Database, condition: string, values: Readonly<Record<string, string | number>>): Amounts {
  const found = sql(
    db,
    `SELECT SUM(usd_nusd) AS nusd, SUM(total_tokens) AS tokens FROM ledger WHERE pricing IS NOT NULL AND ${condition}`,
  ).get(values);
  return { nusd: number(found ?? {}, 'nusd'), tokens: number(found ?? {}, 'tokens') };
}
