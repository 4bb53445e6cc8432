import type { Database } from 'better-sqlite3';
import type { Ask, LedgerLimit } from '../../core/ports.ts';
import type { BudgetRef, OverrideRow } from '../../protocol/rows.ts';
import { readLastOverrides } from '../rows/override.ts';
import { forEver } from '../rollups.ts';
import type { Fields } from '../sql.ts';
import { number, oneOf, sql, text } from '../sql.ts';
import type { Amounts, LimitScope, Subject } from './limit-scope.ts';
import { scopeName, scopeOf } from './limit-scope.ts';
import { Line, subjectOf } from './places.ts';

interface Sum {
  nusd: number;
  tokens: number;
}
/** What counts under one limit now. */
export interface Figures {
  readonly scope: LimitScope;
  readonly settled: Amounts;
  readonly held: Amounts;
  /** What the calls in line ask for. */
  readonly waiting: Amounts;
}
interface Known extends Figures {
  readonly settled: Sum;
  readonly held: Sum;
  readonly waiting: Sum;
  since: number;
  /** Changes before this one are in the sums. */
  upTo: number;
}
interface Change {
  readonly of: 'settled' | 'held' | 'waiting';
  readonly at: number;
  readonly subject: Subject;
  readonly nusd: number;
  readonly tokens: number;
}
type Entry = 'reserve' | 'sent' | 'settle' | 'reverse' | 'release';
interface Held {
  readonly subject: Subject;
  readonly amounts: Amounts;
}

const mostLimits = 4_096;
const mostChanges = 16_384;
/** A window that moved by less is brought along by what left it; one that moved further is summed anew. */
const nearMs = 60_000;

/**
 * The ledger as this thread knows it: what is held, who waits, which overrides are in force, and the sums under the
 * limits asked for lately. The book is append-only, so the entries after the last one seen are all that ever has to be
 * read, whoever wrote them, and an admission costs the same in a ledger of ten calls and of a million. Everything is
 * read anew after a rollback (`forget`) and for another file. Inside a transaction, so that all it reads is one state.
 */
export class Mirror {
  readonly line: Line;
  readonly #limits = new Map<string, Known>();
  readonly #held = new Map<string, Held>();
  #overrides: ReadonlyMap<string, OverrideRow> = new Map();
  #changes: Change[] = [];
  /** How many changes came before the first that is kept. */
  #passed = 0;
  #db: Database | null = null;
  #head = 0;
  #lastOverride = 0;

  constructor(monotonic: () => number) {
    this.line = new Line(monotonic, (subject, nusd, tokens) => this.#note('waiting', 0, subject, nusd, tokens));
  }

  forget(): void {
    this.#db = null;
  }

  /** Reads what was written since it looked last. To be called before anything is asked. */
  sync(db: Database): void {
    if (this.#db !== db) this.#begin(db);
    const now = sql(
      db,
      `SELECT (SELECT MAX(entry_id) FROM ledger) AS head, (SELECT MAX(rowid) FROM overrides) AS override,
         (SELECT value FROM counters WHERE name = 'waiting') AS line`,
    ).get();
    if (now === undefined) return;
    if (number(now, 'head') !== this.#head) this.#readEntries(db);
    this.line.sync(db, number(now, 'line'));
    if (number(now, 'override') !== this.#lastOverride) {
      this.#lastOverride = number(now, 'override');
      this.#overrides = new Map(readLastOverrides(db).map((row) => [nameOf(row), row]));
    }
  }

  of(db: Database, limit: LedgerLimit): Figures {
    const name = scopeName(limit);
    let known = this.#limits.get(name);
    if (known === undefined || known.upTo < this.#passed) known = this.#sum(db, limit);
    else {
      this.#catchUp(known);
      this.#move(db, known, limit);
    }
    this.#limits.delete(name);
    this.#limits.set(name, known);
    const oldest = this.#limits.keys().next();
    if (this.#limits.size > mostLimits && oldest.done !== true) this.#limits.delete(oldest.value);
    return known;
  }

  held(callId: string): Held | undefined {
    return this.#held.get(callId);
  }

  /** The last one made of a budget, unless its time is over. */
  override(limit: LedgerLimit, at: number): OverrideRow | null {
    if (this.#overrides.size === 0) return null;
    const row = this.#overrides.get(nameOf(limit));
    return row === undefined || (row.until !== null && row.until <= at) ? null : row;
  }

  /** What was just written as the entry after the last one seen, so that it need not be read. */
  reserved(ask: Ask, entryId: number): void {
    const { callId, runId, taskId, agent, model, workspace, nusd, tokens } = ask;
    this.#head = entryId;
    this.#hold(callId, { subject: { runId, taskId, agent, model, workspace }, amounts: { nusd, tokens } });
  }

  #begin(db: Database): void {
    this.#db = db;
    this.#limits.clear();
    this.#held.clear();
    this.line.forget();
    this.#overrides = new Map();
    this.#lastOverride = 0;
    this.#changes = [];
    this.#passed = 0;
    this.#head = number(sql(db, 'SELECT MAX(entry_id) AS head FROM ledger').get() ?? {}, 'head');
    for (const row of sql(db, 'SELECT * FROM reservations').all()) this.#hold(text(row, 'call_id'), heldOf(row));
  }

  #readEntries(db: Database): void {
    const entries = sql(
      db,
      `SELECT entry_id, entry, call_id, at, run_id, task_id, agent, model, workspace, reserved_nusd, reserved_tokens,
         usd_nusd, total_tokens FROM ledger WHERE entry_id > ? ORDER BY entry_id`,
    ).all(this.#head);
    for (const row of entries) {
      const callId = text(row, 'call_id');
      this.#head = number(row, 'entry_id');
      switch (oneOf<Entry>(row, 'entry')) {
        case 'reserve':
          this.#hold(callId, heldOf(row));
          this.line.drop(callId);
          break;
        case 'settle':
        case 'reverse':
          this.#free(callId);
          this.#note(
            'settled',
            number(row, 'at'),
            subjectOf(row),
            number(row, 'usd_nusd'),
            number(row, 'total_tokens'),
          );
          break;
        case 'release':
          this.#free(callId);
          break;
        case 'sent':
          break;
      }
    }
  }

  #hold(callId: string, held: Held): void {
    this.#free(callId);
    this.#held.set(callId, held);
    this.#note('held', 0, held.subject, held.amounts.nusd, held.amounts.tokens);
  }

  #free(callId: string): void {
    const held = this.#held.get(callId);
    if (held === undefined) return;
    this.#held.delete(callId);
    this.#note('held', 0, held.subject, -held.amounts.nusd, -held.amounts.tokens);
  }

  #note(of: Change['of'], at: number, subject: Subject, nusd: number, tokens: number): void {
    this.#changes.push({ of, at, subject, nusd, tokens });
    if (this.#changes.length < mostChanges) return;
    this.#passed += this.#changes.length / 2;
    this.#changes = this.#changes.slice(this.#changes.length / 2);
  }

  #sum(db: Database, limit: LedgerLimit): Known {
    const scope = scopeOf(limit);
    const held: Sum = { nusd: 0, tokens: 0 };
    const waiting: Sum = { nusd: 0, tokens: 0 };
    for (const { subject, amounts } of this.#held.values()) if (scope.covers(subject)) add(held, amounts);
    for (const { subject, amounts } of this.line.all()) if (scope.covers(subject)) add(waiting, amounts);
    return {
      scope,
      settled: { ...scope.settled(db, { since: limit.since, until: forEver }) },
      held,
      waiting,
      since: limit.since,
      upTo: this.#passed + this.#changes.length,
    };
  }

  #catchUp(known: Known): void {
    for (let n = known.upTo - this.#passed; n < this.#changes.length; n += 1) {
      const change = this.#changes[n];
      if (change === undefined || !known.scope.covers(change.subject)) continue;
      if (change.of !== 'settled' || change.at >= known.since) add(known[change.of], change);
    }
    known.upTo = this.#passed + this.#changes.length;
  }

  /** The start of a window moves on, and back when the clock is set back. */
  #move(db: Database, known: Known, { since }: LedgerLimit): void {
    if (since === known.since) return;
    if (Math.abs(since - known.since) > nearMs)
      Object.assign(known.settled, known.scope.settled(db, { since, until: forEver }));
    else if (since > known.since) {
      const left = known.scope.settled(db, { since: known.since, until: since });
      add(known.settled, { nusd: -left.nusd, tokens: -left.tokens });
    } else add(known.settled, known.scope.settled(db, { since, until: known.since }));
    known.since = since;
  }
}

function add(sum: Sum, { nusd, tokens }: Amounts): void {
  sum.nusd += nusd;
  sum.tokens += tokens;
}

function heldOf(row: Fields): Held {
  return {
    subject: subjectOf(row),
    amounts: { nusd: number(row, 'reserved_nusd'), tokens: number(row, 'reserved_tokens') },
  };
}

function nameOf({ name, resource, scope, key, window, ...limit }: BudgetRef | LedgerLimit): string {
  const budget = 'paces' in limit ? limit.paces : name;
  return `${budget}\n${resource}\n${scope}\n${key}\n${window}`;
}
