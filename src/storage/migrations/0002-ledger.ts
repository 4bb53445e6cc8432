/**
 * Version 2 of `ledger.db`: tokens written to a cache for an hour are a bucket of their own, and a settlement names the
 * tier it was served at. SQLite cannot change the sum in place, so the table is made anew; entries keep their ids.
 */
const columns = `
  entry_id, entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd,
  reserved_tokens, trace_id, span_id, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
  reasoning_tokens, usd_nusd, pricing, estimated, rates, price_source, response_model`;

export const ledger0002 = `
DROP TRIGGER ledger_keeps;
DROP TRIGGER ledger_stays;
ALTER TABLE ledger RENAME TO ledger_1;
CREATE TABLE ledger (
  entry_id INTEGER PRIMARY KEY,
  entry TEXT NOT NULL CHECK (entry IN ('reserve', 'sent', 'settle', 'reverse', 'release')),
  call_id TEXT NOT NULL, runtime_id TEXT NOT NULL, at INTEGER NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL,
  agent TEXT NOT NULL, role TEXT NOT NULL, model TEXT NOT NULL, workspace TEXT,
  reserved_nusd INTEGER NOT NULL CHECK (reserved_nusd >= 0), reserved_tokens INTEGER NOT NULL CHECK (reserved_tokens >= 0),
  trace_id TEXT NOT NULL, span_id TEXT NOT NULL,
  input_tokens INTEGER NOT NULL DEFAULT 0, cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0, cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0, reasoning_tokens INTEGER NOT NULL DEFAULT 0,
  total_tokens INTEGER NOT NULL GENERATED ALWAYS AS (input_tokens + cache_read_tokens + cache_write_tokens +
    cache_write_1h_tokens + output_tokens + reasoning_tokens) STORED,
  usd_nusd INTEGER NOT NULL DEFAULT 0,
  pricing TEXT CHECK (pricing IN ('priced', 'free', 'unpriced', 'reported', 'as')),
  estimated INTEGER NOT NULL DEFAULT 0,
  rates TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rates)), price_source TEXT, response_model TEXT,
  service_tier TEXT CHECK (service_tier IN ('standard', 'batch', 'flex', 'priority')),
  CHECK (CASE entry WHEN 'settle' THEN usd_nusd >= 0 WHEN 'reverse' THEN usd_nusd <= 0 ELSE usd_nusd = 0 END),
  CHECK ((pricing IS NOT NULL) = (entry IN ('settle', 'reverse')))
) STRICT;
INSERT INTO ledger (${columns}) SELECT ${columns} FROM ledger_1;
DROP TABLE ledger_1;
CREATE INDEX ledger_by_call ON ledger (call_id, entry);
CREATE INDEX ledger_calls_by_run ON ledger (run_id, entry_id) WHERE entry = 'reserve';
CREATE INDEX ledger_settled_by_time ON ledger (at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_run ON ledger (run_id, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_task ON ledger (task_id, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_model ON ledger (model, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_workspace ON ledger (workspace, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX overrides_by_budget ON overrides (key, name);
CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
`;
