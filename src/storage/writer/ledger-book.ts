import type { Database } from 'better-sqlite3';
import { tokenKinds } from '../../catalogue/states.ts';
import { HaiosError } from '../../core/errors.ts';
import type { Admission, Ask, LedgerLimit, LimitUse, Settlement } from '../../core/ports.ts';
import type { OverrideRow, Pricing, Tokens } from '../../protocol/rows.ts';
import { totalTokens } from '../../protocol/rows.ts';
import { tokenColumns, tokenFields, tokensOf } from '../rows/cost.ts';
import { overrideFields } from '../rows/override.ts';
import type { Fields } from '../sql.ts';
import { number, oneOf, sql, text } from '../sql.ts';
import { judge, useOf } from './judge.ts';
import { Mirror } from './mirror.ts';

const callColumns =
  'call_id, runtime_id, run_id, task_id, agent, role, model, workspace, reserved_nusd, reserved_tokens, trace_id, span_id';

const settlementColumns = [
  ...tokenColumns,
  'usd_nusd, pricing, estimated, rates, price_source, service_tier, response_model',
];
const insertEntry = insertOf(`entry, at, ${callColumns}`);
const insertSettlement = insertOf(`entry, at, ${callColumns}, ${settlementColumns.join(', ')}`);

/**
 * The rules of the ledger on one connection; every method runs inside the caller's transaction. A request that makes
 * no sense is thrown (INTERNAL, CALL_NOT_FOUND) before anything is written.
 */
export class LedgerBook {
  readonly #mirror: Mirror;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#mirror = new Mirror(monotonic);
  }

  /** Call it after a rollback. */
  forget(): void {
    this.#mirror.forget();
  }

  /** A call that is to wait has a place in line from then on, until it is admitted, refused, released or forgotten. */
  admit(db: Database, ask: Ask, limits: readonly LedgerLimit[]): Admission {
    requireAmount('nusd', ask.nusd);
    requireAmount('tokens', ask.tokens);
    this.#mirror.sync(db);
    if (this.#isHeldAlready(db, ask)) return { kind: 'admitted' };
    const verdict = this.#judge(db, ask, limits);
    switch (verdict.kind) {
      case 'admitted':
        this.#mirror.line.leave(db, ask.callId);
        this.#mirror.reserved(ask, this.#hold(db, ask));
        return verdict;
      case 'wait':
        this.#mirror.line.keep(db, ask);
        return verdict;
      case 'refused':
        this.#mirror.line.leave(db, ask.callId);
        return verdict;
    }
  }

  sent(db: Database, callId: string, at: number): void {
    const { changes } = sql(db, `UPDATE reservations SET state = 'sent' WHERE call_id = ? AND state = 'reserved'`).run(
      callId,
    );
    if (changes > 0) {
      this.#append(db, 'sent', callId, at);
      return;
    }
    if (sql(db, 'SELECT 1 FROM reservations WHERE call_id = ?').get(callId) !== undefined) return;
    throw new HaiosError(
      'CALL_NOT_FOUND',
      `Nothing is held for the call ${callId} any more, so it must not be sent: reserve again.`,
    );
  }

  settle(db: Database, callId: string, settlement: Settlement, ask: Ask | null): void {
    requireAmount('nusd', settlement.nusd);
    for (const bucket of tokenKinds) requireAmount(`tokens.${bucket}`, settlement.tokens[bucket]);
    if (sql(db, `SELECT 1 FROM ledger WHERE call_id = ? AND entry = 'reserve'`).get(callId) === undefined) {
      if (ask === null)
        throw new HaiosError('CALL_NOT_FOUND', `The ledger has no call ${callId}: it cannot be settled.`);
      this.#hold(db, ask);
    }
    sql(db, 'DELETE FROM reservations WHERE call_id = ?').run(callId);
    const last = this.#lastSettlement(db, callId);
    if (last !== undefined && isSame(last, settlement)) return;
    if (last !== undefined) this.#reverse(db, number(last, 'entry_id'));
    this.#append(db, 'settle', callId, settlement.at, {
      ...tokenFields(settlement.tokens),
      usd_nusd: settlement.nusd,
      pricing: settlement.pricing,
      estimated: settlement.estimated ? 1 : 0,
      rates: JSON.stringify(settlement.rates),
      price_source: settlement.priceSource,
      service_tier: settlement.serviceTier,
      response_model: settlement.responseModel,
    });
  }

  /** Gives back what is held for a call that was not sent, or its place in line. */
  release(db: Database, callId: string, at: number): void {
    this.#mirror.sync(db);
    this.#mirror.line.leave(db, callId);
    const { changes } = sql(db, 'DELETE FROM reservations WHERE call_id = ?').run(callId);
    if (changes > 0) this.#append(db, 'release', callId, at);
  }

  use(db: Database, limits: readonly LedgerLimit[], at: number): readonly LimitUse[] {
    this.#mirror.sync(db);
    return limits.map((limit) => useOf(limit, this.#mirror.of(db, limit), this.#mirror.override(limit, at)));
  }

  /** The same override again changes nothing. */
  override(db: Database, row: OverrideRow): void {
    const fields = overrideFields(row);
    const columns = Object.keys(fields);
    sql(
      db,
      `INSERT INTO overrides (${columns.map((column) => `"${column}"`).join(', ')})
       VALUES (${columns.map((column) => `@${column}`).join(', ')}) ON CONFLICT (override_id) DO NOTHING`,
    ).run(fields);
  }

  /** Releases what a dead runtime never sent, settles what it sent at its full amount, as an estimate, and ends its waiting. */
  bury(db: Database, runtimeId: string, at: number): void {
    this.#mirror.sync(db);
    this.#mirror.line.bury(db, runtimeId);
    for (const held of sql(db, 'SELECT * FROM reservations WHERE runtime_id = ?').all(runtimeId)) {
      const callId = text(held, 'call_id');
      if (held['state'] === 'reserved') this.release(db, callId, at);
      else this.settle(db, callId, this.#worstCase(db, held, at), null);
    }
  }

  /** True for an admission whose answer was lost. Throws INTERNAL for a call that was sent or settled before. */
  #isHeldAlready(db: Database, { callId, nusd, tokens }: Ask): boolean {
    const held = this.#mirror.held(callId);
    if (held === undefined) {
      if (sql(db, `SELECT 1 FROM ledger WHERE call_id = ? AND entry = 'settle'`).get(callId) === undefined)
        return false;
      throw new HaiosError(
        'INTERNAL',
        `The call ${callId} was settled already: a call that is tried again needs a new id.`,
      );
    }
    if (held.amounts.nusd === nusd && held.amounts.tokens === tokens) return true;
    throw new HaiosError(
      'INTERNAL',
      `The call ${callId} holds ${held.amounts.nusd} nano-dollars and ${held.amounts.tokens} tokens already: release it before it asks for more.`,
    );
  }

  #judge(db: Database, ask: Ask, limits: readonly LedgerLimit[]): Admission {
    const place = this.#mirror.line.get(ask.callId);
    let wait: Admission | null = null;
    for (const limit of limits) {
      const verdict = judge(db, ask, limit, {
        figures: this.#mirror.of(db, limit),
        override: this.#mirror.override(limit, ask.at),
        line: this.#mirror.line,
        place,
      });
      if (verdict.kind === 'refused') return verdict;
      if (verdict.kind === 'wait') wait ??= verdict;
    }
    return wait ?? { kind: 'admitted' };
  }

  /** Returns the id of its entry. */
  #hold(db: Database, ask: Ask): number {
    const fields: Fields = {
      call_id: ask.callId,
      runtime_id: ask.runtimeId,
      at: Math.round(ask.at),
      run_id: ask.runId,
      task_id: ask.taskId,
      agent: ask.agent,
      role: ask.role,
      model: ask.model,
      workspace: ask.workspace,
      reserved_nusd: ask.nusd,
      reserved_tokens: ask.tokens,
      trace_id: ask.traceId,
      span_id: ask.spanId,
    };
    const columns = Object.keys(fields);
    const values = columns.map((column) => `@${column}`).join(', ');
    const entry = sql(db, `INSERT INTO ledger (entry, ${columns.join(', ')}) VALUES ('reserve', ${values})`).run(
      fields,
    );
    sql(db, `INSERT OR REPLACE INTO reservations (state, ${columns.join(', ')}) VALUES ('reserved', ${values})`).run(
      fields,
    );
    return Number(entry.lastInsertRowid);
  }

  /** An entry of the call that was last reserved under the id. Read before it is written: in one statement SQLite copies it first. */
  #append(db: Database, entry: 'sent' | 'settle' | 'release', callId: string, at: number, extra: Fields = {}): void {
    const call = sql(
      db,
      `SELECT ${callColumns} FROM ledger WHERE call_id = ? AND entry = 'reserve' ORDER BY entry_id DESC LIMIT 1`,
    ).get(callId);
    const fields = { entry, at: Math.round(at), ...call, ...extra };
    sql(db, entry === 'settle' ? insertSettlement : insertEntry).run(fields);
  }

  /** Takes a settlement back, at its own moment, so that it leaves every window it was in. */
  #reverse(db: Database, entryId: number): void {
    sql(
      db,
      `INSERT INTO ledger (entry, at, ${callColumns}, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens,
         output_tokens, reasoning_tokens, usd_nusd, pricing, estimated)
       SELECT 'reverse', at, ${callColumns}, -input_tokens, -cache_read_tokens, -cache_write_tokens, -cache_write_1h_tokens,
         -output_tokens, -reasoning_tokens, -usd_nusd, pricing, estimated
       FROM ledger WHERE entry_id = ?`,
    ).run(entryId);
  }

  #lastSettlement(db: Database, callId: string): Fields | undefined {
    return sql(db, `SELECT * FROM ledger WHERE call_id = ? AND entry = 'settle' ORDER BY entry_id DESC LIMIT 1`).get(
      callId,
    );
  }

  #worstCase(db: Database, held: Fields, at: number): Settlement {
    const nusd = number(held, 'reserved_nusd');
    // How the split would have been is not known; the total is what budgets count.
    const tokens: Tokens = {
      input: number(held, 'reserved_tokens'),
      cache_read: 0,
      cache_write: 0,
      cache_write_1h: 0,
      output: 0,
      reasoning: 0,
    };
    return {
      tokens,
      nusd,
      pricing: this.#likelyPricing(db, text(held, 'model'), nusd),
      estimated: true,
      rates: [],
      priceSource: null,
      serviceTier: null,
      responseModel: null,
      at,
    };
  }

  /** How the model's calls were priced before, as far as that goes with the amount. */
  #likelyPricing(db: Database, model: string, nusd: number): Pricing {
    const last = sql(
      db,
      `SELECT pricing FROM ledger WHERE pricing IS NOT NULL AND model = ? AND (usd_nusd > 0) = ? AND estimated = 0
       ORDER BY at DESC LIMIT 1`,
    ).get(model, nusd > 0 ? 1 : 0);
    if (last !== undefined) return oneOf(last, 'pricing');
    return nusd > 0 ? 'priced' : 'unpriced';
  }
}

function insertOf(columns: string): string {
  return `INSERT INTO ledger (${columns}) VALUES (${columns.replace(/\w+/g, (column) => `@${column}`)})`;
}

function isSame(last: Fields, settlement: Settlement): boolean {
  return (
    number(last, 'usd_nusd') === settlement.nusd &&
    JSON.stringify(tokensOf(last)) === JSON.stringify(tokensOf(tokenFields(settlement.tokens))) &&
    last['pricing'] === settlement.pricing &&
    number(last, 'estimated') > 0 === settlement.estimated &&
    last['price_source'] === settlement.priceSource &&
    last['service_tier'] === settlement.serviceTier &&
    last['response_model'] === settlement.responseModel &&
    last['rates'] === JSON.stringify(settlement.rates) &&
    number(last, 'total_tokens') === totalTokens(settlement.tokens)
  );
}

function requireAmount(name: string, amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 0) return;
  throw new HaiosError(
    'INTERNAL',
    `The ledger takes ${name} as a whole number from 0 to 2^53, and was given ${amount}.`,
  );
}
