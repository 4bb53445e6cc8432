/**
 * Version 2 of `haios.db`: what was predicted of each run before it began. The limits are NULL where there was not enough
 * history (or, for usd, no price), so that a forecast is only ever judged by what it said.
 */
export const history0002 = `
CREATE TABLE forecasts (
  run_id TEXT PRIMARY KEY, at INTEGER NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('inspect', 'change', 'question', 'command')),
  prompt_chars INTEGER NOT NULL, workspace_files INTEGER, samples INTEGER NOT NULL,
  low_duration_ms INTEGER, middle_duration_ms INTEGER, high_duration_ms INTEGER,
  low_tokens INTEGER, middle_tokens INTEGER, high_tokens INTEGER,
  low_usd_nusd INTEGER, middle_usd_nusd INTEGER, high_usd_nusd INTEGER,
  low_mem_bytes INTEGER, middle_mem_bytes INTEGER, high_mem_bytes INTEGER
) STRICT, WITHOUT ROWID;
`;
