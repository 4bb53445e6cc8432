/**
 * Version 3 of `haios.db`: tokens written to a cache for an hour, apart; the labels of a run; and the place of each run
 * among those that may be at work at once, kept for the hour in which its start counts.
 */
export const history0003 = `
ALTER TABLE runs ADD COLUMN cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN labels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(labels));
ALTER TABLE cost_records ADD COLUMN cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0;

CREATE TABLE run_places (
  place INTEGER PRIMARY KEY, run_id TEXT NOT NULL, runtime_id TEXT NOT NULL, repository TEXT,
  workspace TEXT, agent TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'ended')),
  resumed INTEGER NOT NULL, asked_at INTEGER NOT NULL, started_at INTEGER,
  CHECK ((started_at IS NULL) = (state = 'queued'))
) STRICT;
CREATE INDEX run_places_by_state ON run_places (state, started_at);
CREATE INDEX run_places_by_run ON run_places (run_id);
`;
