/**
 * Version 1 of `ledger.db`. `ledger` is append-only, like the book of an accountant: a settlement that is corrected is
 * taken back by a `reverse` entry of the same amounts below zero, and written anew. So `SUM(usd_nusd)` over any
 * selection of whole calls is right whatever happened.
 */
const call = `
  call_id TEXT NOT NULL, runtime_id TEXT NOT NULL, at INTEGER NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL,
  agent TEXT NOT NULL, role TEXT NOT NULL, model TEXT NOT NULL, workspace TEXT,
  reserved_nusd INTEGER NOT NULL CHECK (reserved_nusd >= 0), reserved_tokens INTEGER NOT NULL CHECK (reserved_tokens >= 0),
  trace_id TEXT NOT NULL, span_id TEXT NOT NULL`;

export const ledger0001 = `
CREATE TABLE ledger (
  entry_id INTEGER PRIMARY KEY,
  entry TEXT NOT NULL CHECK (entry IN ('reserve', 'sent', 'settle', 'reverse', 'release')), ${call},
  input_tokens INTEGER NOT NULL DEFAULT 0, cache_read_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
  reasoning_tokens INTEGER NOT NULL DEFAULT 0,
  total_tokens INTEGER NOT NULL GENERATED ALWAYS AS
    (input_tokens + cache_read_tokens + cache_write_tokens + output_tokens + reasoning_tokens) STORED,
  usd_nusd INTEGER NOT NULL DEFAULT 0,
  pricing TEXT CHECK (pricing IN ('priced', 'free', 'unpriced', 'reported', 'as')),
  estimated INTEGER NOT NULL DEFAULT 0,
  rates TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rates)), price_source TEXT, response_model TEXT,
  CHECK (CASE entry WHEN 'settle' THEN usd_nusd >= 0 WHEN 'reverse' THEN usd_nusd <= 0 ELSE usd_nusd = 0 END),
  CHECK ((pricing IS NOT NULL) = (entry IN ('settle', 'reverse')))
) STRICT;
CREATE INDEX ledger_by_call ON ledger (call_id, entry);
CREATE INDEX ledger_calls_by_run ON ledger (run_id, entry_id) WHERE entry = 'reserve';
CREATE INDEX ledger_settled_by_time ON ledger (at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_run ON ledger (run_id, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_task ON ledger (task_id, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_model ON ledger (model, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE INDEX ledger_settled_by_workspace ON ledger (workspace, at, usd_nusd, total_tokens) WHERE pricing IS NOT NULL;
CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE reservations (
  state TEXT NOT NULL CHECK (state IN ('reserved', 'sent')), ${call}, PRIMARY KEY (call_id)
) STRICT;
CREATE INDEX reservations_by_runtime ON reservations (runtime_id);

CREATE TABLE overrides (
  override_id TEXT PRIMARY KEY, at INTEGER NOT NULL, name TEXT NOT NULL,
  resource TEXT NOT NULL CHECK (resource IN ('usd', 'tokens', 'cpu_seconds', 'mem_bytes', 'disk_bytes')),
  scope TEXT NOT NULL, key TEXT NOT NULL, "window" TEXT NOT NULL, limit_nusd INTEGER, limit_amount REAL, until INTEGER,
  CHECK ((limit_nusd IS NULL) <> (limit_amount IS NULL))
) STRICT;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counters (name, value) VALUES ('g', 0);
`;
