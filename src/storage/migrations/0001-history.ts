/** Version 1 of `haios.db`. Column names are what a user may query; times are ms since the epoch. */
const cost = `
  input_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL, cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
  usd_nusd INTEGER NOT NULL, cpu_seconds REAL NOT NULL, mem_bytes INTEGER NOT NULL, disk_bytes INTEGER NOT NULL,
  calls INTEGER NOT NULL, estimated INTEGER NOT NULL, unpriced_calls INTEGER NOT NULL`;

export const history0001 = `
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, g INTEGER NOT NULL, prompt TEXT NOT NULL, workspace TEXT, model TEXT NOT NULL,
  agent TEXT NOT NULL, priority TEXT NOT NULL CHECK (priority IN ('high', 'normal', 'low')),
  approve TEXT NOT NULL CHECK (approve IN ('ask', 'all', 'none')),
  budget TEXT NOT NULL CHECK (json_valid(budget)),
  status TEXT NOT NULL CHECK (status IN
    ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled', 'budget_exceeded', 'interrupted')),
  waiting TEXT CHECK (waiting IN ('approval', 'budget', 'paused')),
  trace_id TEXT NOT NULL, runtime_id TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
  duration_ms REAL NOT NULL, ${cost}, tasks INTEGER NOT NULL, worker_calls INTEGER NOT NULL, price_as TEXT,
  error_code TEXT, error_message TEXT, text TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_g ON runs (g);
CREATE INDEX runs_active ON runs (runtime_id) WHERE status IN ('queued', 'running', 'waiting');

CREATE TABLE tasks (
  task_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, parent_task_id TEXT, span_id TEXT NOT NULL, title TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('inspect', 'change', 'question', 'command')),
  size TEXT NOT NULL CHECK (size IN ('S', 'M', 'L')), depth INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN
    ('running', 'succeeded', 'failed', 'cancelled', 'budget_exceeded', 'interrupted', 'decomposed')),
  started_at INTEGER NOT NULL, ended_at INTEGER, error TEXT
) STRICT;
CREATE INDEX tasks_by_run ON tasks (run_id, started_at);

CREATE TABLE cost_records (
  task_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, ${cost}
) STRICT;
CREATE INDEX cost_records_by_run ON cost_records (run_id);

CREATE TABLE spans (
  span_id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, parent_span_id TEXT, run_id TEXT NOT NULL, task_id TEXT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('plan', 'task', 'stage', 'worker_call', 'chat', 'tool', 'file_write')),
  stage TEXT, lane TEXT,
  status TEXT NOT NULL CHECK (status IN ('running', 'ok', 'error', 'cancelled', 'interrupted')),
  started_at REAL NOT NULL, duration_ms REAL, tokens INTEGER NOT NULL, usd_nusd INTEGER NOT NULL,
  estimated INTEGER NOT NULL, error TEXT, attributes TEXT NOT NULL CHECK (json_valid(attributes)),
  events TEXT NOT NULL CHECK (json_valid(events))
) STRICT, WITHOUT ROWID;
CREATE INDEX spans_by_parent ON spans (run_id, parent_span_id);

CREATE TABLE span_payloads (
  span_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, input TEXT NOT NULL, output TEXT NOT NULL
) STRICT;
CREATE INDEX span_payloads_by_run ON span_payloads (run_id);

CREATE TABLE checkpoints (
  run_id TEXT PRIMARY KEY, json TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;

CREATE TABLE artefacts (
  artefact_id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, g INTEGER NOT NULL,
  run_id TEXT NOT NULL, task_id TEXT, trace_id TEXT NOT NULL, workspace TEXT, at INTEGER NOT NULL,
  UNIQUE (run_id, path, sha256, at)
) STRICT;

CREATE TABLE issues (
  issue_id TEXT PRIMARY KEY, code TEXT NOT NULL, message TEXT NOT NULL, run_id TEXT, at INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE INDEX issues_by_run ON issues (run_id);
CREATE INDEX issues_by_time ON issues (at);

CREATE TABLE reports (
  g INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('run', 'cost')), path TEXT, workspace TEXT,
  at INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (g, kind)
) STRICT;

CREATE TABLE runtimes (
  runtime_id TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, version TEXT NOT NULL, port INTEGER,
  started_at INTEGER NOT NULL, heartbeat INTEGER NOT NULL
) STRICT;

CREATE TABLE leases (name TEXT PRIMARY KEY, runtime_id TEXT NOT NULL) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counters (name, value) VALUES ('g', 0);
`;
