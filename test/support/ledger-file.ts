import Database from 'better-sqlite3';
import { tokenKinds } from '../../src/catalogue/states.ts';
import type { LedgerRow } from '../../src/protocol/rows.ts';
import { ledgerSchema } from '../../src/storage/migrations/lists.ts';

/** A ledger with its tables, in memory or in a file. Entries are written as the writer thread writes them. */
export class LedgerFile {
  readonly db: Database.Database;

  constructor(path = ':memory:') {
    this.db = new Database(path);
    const { user_version: version } = this.db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version === 0) for (const migration of ledgerSchema.migrations) this.db.exec(migration);
  }

  /** Reserves and, if the row says so, settles the call. */
  add(row: LedgerRow): void {
    this.entry('reserve', row, row.at);
    if (row.state === 'settled') this.entry('settle', row, row.settledAt ?? row.at);
  }

  /** Takes back what was settled and settles it anew. */
  correct(before: LedgerRow, after: LedgerRow): void {
    this.entry('reverse', before, before.settledAt ?? before.at);
    this.entry('settle', after, after.settledAt ?? after.at);
  }

  entry(entry: 'reserve' | 'settle' | 'reverse', row: LedgerRow, at: number): void {
    const sign = entry === 'reverse' ? -1 : 1;
    const fields: Record<string, string | number | null> = {
      entry,
      call_id: row.callId,
      runtime_id: 'runtime',
      at,
      run_id: row.runId,
      task_id: row.taskId,
      agent: row.agent,
      role: row.role,
      model: row.model,
      workspace: row.workspace,
      reserved_nusd: row.reservedNusd,
      reserved_tokens: row.reservedTokens,
      trace_id: row.traceId,
      span_id: row.spanId,
    };
    if (entry !== 'reserve') {
      for (const kind of tokenKinds) fields[`${kind}_tokens`] = sign * row.tokens[kind];
      Object.assign(fields, { usd_nusd: sign * row.nusd, pricing: row.pricing, estimated: row.estimated ? 1 : 0 });
    }
    if (entry === 'settle') {
      Object.assign(fields, {
        rates: JSON.stringify(row.rates),
        price_source: row.priceSource,
        service_tier: row.serviceTier,
        response_model: row.responseModel,
      });
    }
    const columns = Object.keys(fields);
    this.db
      .prepare(`INSERT INTO ledger (${columns.join(', ')}) VALUES (${columns.map((c) => `@${c}`).join(', ')})`)
      .run(fields);
  }

  close(): void {
    this.db.close();
  }
}
