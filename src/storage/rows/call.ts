import type { Database } from 'better-sqlite3';
import type { LedgerRow } from '../../protocol/rows.ts';
import type { Fields } from '../sql.ts';
import { json, number, numberOrNull, oneOf, sql, text, textOrNull } from '../sql.ts';
import { tokensOf } from './cost.ts';

/**
 * Calls: each call's last `reserve` entry (r) beside its last `settle` entry (s). Append `AND …` conditions.
 * A call counts at its settlement, or at its reservation while it has none: that is `counted_at`.
 */
export const selectCalls = `
SELECT r.entry_id, r.call_id, r.run_id, r.task_id, r.agent, r.role, r.model, r.workspace, r.at, r.reserved_nusd,
  r.reserved_tokens, r.trace_id, r.span_id, s.at AS settled_at, COALESCE(s.at, r.at) AS counted_at, s.response_model,
  s.input_tokens, s.cache_read_tokens, s.cache_write_tokens, s.cache_write_1h_tokens, s.output_tokens, s.reasoning_tokens, s.usd_nusd,
  COALESCE(s.pricing, iif(r.reserved_nusd > 0, 'priced', 'unpriced')) AS pricing, COALESCE(s.estimated, 0) AS estimated,
  COALESCE(s.rates, '[]') AS rates, s.price_source, s.service_tier,
  iif(s.entry_id IS NOT NULL, 'settled',
    COALESCE((SELECT state FROM reservations WHERE call_id = r.call_id), 'released')) AS state
FROM ledger r LEFT JOIN ledger s ON s.entry_id =
  (SELECT MAX(entry_id) FROM ledger WHERE call_id = r.call_id AND entry = 'settle')
WHERE r.entry = 'reserve'
  AND r.entry_id = (SELECT MAX(entry_id) FROM ledger WHERE call_id = r.call_id AND entry = 'reserve')`;

export function callOf(fields: Fields): LedgerRow {
  return {
    callId: text(fields, 'call_id'),
    runId: text(fields, 'run_id'),
    taskId: text(fields, 'task_id'),
    agent: text(fields, 'agent'),
    role: oneOf(fields, 'role'),
    model: text(fields, 'model'),
    responseModel: textOrNull(fields, 'response_model'),
    workspace: textOrNull(fields, 'workspace'),
    at: number(fields, 'at'),
    settledAt: numberOrNull(fields, 'settled_at'),
    state: oneOf(fields, 'state'),
    reservedNusd: number(fields, 'reserved_nusd'),
    reservedTokens: number(fields, 'reserved_tokens'),
    tokens: tokensOf(fields),
    nusd: number(fields, 'usd_nusd'),
    pricing: oneOf(fields, 'pricing'),
    estimated: number(fields, 'estimated') > 0,
    rates: json(fields, 'rates'),
    priceSource: textOrNull(fields, 'price_source'),
    serviceTier: fields['service_tier'] === null ? null : oneOf(fields, 'service_tier'),
    traceId: text(fields, 'trace_id'),
    spanId: text(fields, 'span_id'),
  };
}

export function readCall(db: Database, callId: string): LedgerRow | null {
  const found = sql(db, `${selectCalls} AND r.call_id = ?`).get(callId);
  return found === undefined ? null : callOf(found);
}
