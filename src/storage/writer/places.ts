import type { Database } from 'better-sqlite3';
import type { Ask } from '../../core/ports.ts';
import type { Fields } from '../sql.ts';
import { number, sql, text, textOrNull } from '../sql.ts';
import type { Amounts, Subject } from './limit-scope.ts';

/** A call that waits, and since when in line: the lower the ticket, the earlier. */
export interface Place {
  readonly ticket: number;
  readonly callId: string;
  readonly subject: Subject;
  readonly amounts: Amounts;
}
interface KnownPlace extends Place {
  /** When its row was last seen to move, on the line's own clock. */
  seen: number;
  /** When this process last moved it. */
  moved: number;
}

/** A place that nobody asks for again is given up after so long, ms; who waits asks again well before. */
export const placeLifeMs = 5_000;
const renewMs = 1_000;
/** What the clock goes on by at most from one look to the next: a thread that stood still judges nobody by that. */
const longestStepMs = 1_000;

/**
 * The line of calls that wait, over all processes, in the order in which they first asked. It stands in the table
 * `waiting`, and here again so that no admission reads it row by row; the counter `waiting` moves with each change.
 * Whoever asks again moves its row every second; a row that is not seen to move on this thread's own monotonic clock is
 * removed by whoever it would hold up, so neither a dead process nor a forgotten call holds up the others for ever.
 */
export class Line {
  readonly #monotonic: () => number;
  readonly #onChange: (subject: Subject, nusd: number, tokens: number) => void;
  /** In the order of the tickets: new ones are always last. */
  readonly #places = new Map<string, KnownPlace>();
  #known = 0;
  #clock = 0;
  #looked: number;

  /** `onChange` is told what joins the line and, below zero, what leaves it. */
  constructor(monotonic: () => number, onChange: (subject: Subject, nusd: number, tokens: number) => void) {
    this.#monotonic = monotonic;
    this.#onChange = onChange;
    this.#looked = monotonic();
  }

  /** Reads what other processes changed; `counter` is the value of the counter now. */
  sync(db: Database, counter: number): void {
    const now = this.#monotonic();
    this.#clock += Math.min(Math.max(0, now - this.#looked), longestStepMs);
    this.#looked = now;
    if (counter === this.#known) return;
    const changed = sql(db, 'SELECT * FROM waiting WHERE changed > ? ORDER BY ticket').all(this.#known);
    for (const row of changed) this.#put(placeOf(row), 0);
    this.#known = counter;
    if (number(sql(db, 'SELECT COUNT(*) AS places FROM waiting').get() ?? {}, 'places') === this.#places.size) return;
    const left = new Set(
      sql(db, 'SELECT ticket FROM waiting')
        .all()
        .map((row) => number(row, 'ticket')),
    );
    for (const { callId, ticket } of this.#places.values()) if (!left.has(ticket)) this.drop(callId);
  }

  forget(): void {
    this.#places.clear();
    this.#known = 0;
  }

  get(callId: string): Place | undefined {
    return this.#places.get(callId);
  }

  /** Gives a call its place at the end of the line, or keeps the one it has. */
  keep(db: Database, ask: Ask): void {
    const known = this.#places.get(ask.callId);
    if (known === undefined) {
      const ticket = this.#bump(db);
      const place = placeFor(ticket, ask);
      this.#write(db, ticket, place, ask.runtimeId);
      this.#put(place, this.#clock);
      return;
    }
    const place = placeFor(known.ticket, ask);
    known.seen = this.#clock;
    if (isSame(known, place) && this.#clock - known.moved < renewMs) return;
    this.#write(db, this.#bump(db), place, ask.runtimeId);
    this.#put(place, this.#clock);
  }

  leave(db: Database, callId: string): void {
    const known = this.#places.get(callId);
    if (known === undefined) return;
    sql(db, 'DELETE FROM waiting WHERE ticket = ?').run(known.ticket);
    this.#bump(db);
    this.drop(callId);
  }

  /** Removes the places of a dead runtime. */
  bury(db: Database, runtimeId: string): void {
    if (sql(db, 'DELETE FROM waiting WHERE runtime_id = ?').run(runtimeId).changes > 0)
      this.sync(db, this.#bump(db, false));
  }

  /** Out of memory only: its row is gone. */
  drop(callId: string): void {
    const known = this.#places.get(callId);
    if (known === undefined) return;
    this.#places.delete(callId);
    this.#onChange(known.subject, -known.amounts.nusd, -known.amounts.tokens);
  }

  /** Those before a place, the first one first; all of them for a call that has none. Drops who stopped asking. */
  *before(db: Database, place: Place | undefined): Generator<Place> {
    for (const each of this.#places.values()) {
      if (place !== undefined && each.ticket >= place.ticket) return;
      if (this.#clock - each.seen > placeLifeMs) this.leave(db, each.callId);
      else yield each;
    }
  }

  *all(): Generator<Place> {
    yield* this.#places.values();
  }

  #put(place: Place, moved: number): void {
    const known = this.#places.get(place.callId);
    if (known !== undefined && known.ticket !== place.ticket) this.#places.delete(place.callId);
    this.#places.set(place.callId, { ...place, seen: this.#clock, moved });
    if (known !== undefined) this.#onChange(known.subject, -known.amounts.nusd, -known.amounts.tokens);
    this.#onChange(place.subject, place.amounts.nusd, place.amounts.tokens);
  }

  #write(db: Database, changed: number, { ticket, callId, subject, amounts }: Place, runtimeId: string): void {
    sql(
      db,
      `INSERT OR REPLACE INTO waiting (ticket, changed, call_id, runtime_id, run_id, task_id, agent, model, workspace,
         reserved_nusd, reserved_tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      ticket,
      changed,
      callId,
      runtimeId,
      subject.runId,
      subject.taskId,
      subject.agent,
      subject.model,
      subject.workspace,
      amounts.nusd,
      amounts.tokens,
    );
  }

  /** What is changed by this process is known to it, so there is nothing to read again. */
  #bump(db: Database, known = true): number {
    const moved = sql(db, `UPDATE counters SET value = value + 1 WHERE name = 'waiting' RETURNING value`).get();
    const value = number(moved ?? {}, 'value');
    if (known) this.#known = value;
    return value;
  }
}

function placeFor(ticket: number, ask: Ask): Place {
  const { callId, runId, taskId, agent, model, workspace, nusd, tokens } = ask;
  return { ticket, callId, subject: { runId, taskId, agent, model, workspace }, amounts: { nusd, tokens } };
}

function placeOf(row: Fields): Place {
  return {
    ticket: number(row, 'ticket'),
    callId: text(row, 'call_id'),
    subject: subjectOf(row),
    amounts: { nusd: number(row, 'reserved_nusd'), tokens: number(row, 'reserved_tokens') },
  };
}

export function subjectOf(row: Fields): Subject {
  return {
    runId: text(row, 'run_id'),
    taskId: text(row, 'task_id'),
    agent: text(row, 'agent'),
    model: text(row, 'model'),
    workspace: textOrNull(row, 'workspace'),
  };
}

function isSame(a: Place, b: Place): boolean {
  return (
    a.amounts.nusd === b.amounts.nusd &&
    a.amounts.tokens === b.amounts.tokens &&
    a.subject.runId === b.subject.runId &&
    a.subject.taskId === b.subject.taskId &&
    a.subject.agent === b.subject.agent &&
    a.subject.model === b.subject.model &&
    a.subject.workspace === b.subject.workspace
  );
}
