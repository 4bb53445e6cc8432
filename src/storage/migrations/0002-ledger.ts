/**
 * Version 2 of `ledger.db`: tokens written to a cache for an hour are a bucket of their own, a settlement names the tier
 * it was served at, calls that wait have a place in line, and totals are kept as rollups. SQLite cannot change the sum
 * in place, so the table is made anew; entries keep their ids.
 */
const columns = `
  entry_id, entry, call_id, runtime_id, at, run_id, task_id, agent, role, model, workspace, reserved_nusd,
  reserved_tokens, trace_id, span_id, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
  reasoning_tokens, usd_nusd, pricing, estimated, rates, price_source, response_model`;

/** What a row of the ledger (`NEW.` in a trigger) adds to a total; a `reverse` entry takes away. */
const measures = (row: '' | 'NEW.'): Readonly<Record<string, string>> => {
  const sign = `iif(${row}entry = 'settle', 1, -1)`;
  const plain = [
    'input_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'cache_write_1h_tokens',
    'output_tokens',
    'reasoning_tokens',
    'total_tokens',
    'usd_nusd',
  ].map((name) => [name, `${row}${name}`]);
  return {
    ...Object.fromEntries(plain),
    calls: sign,
    estimated: `${sign} * ${row}estimated`,
    unpriced_calls: `${sign} * (${row}pricing = 'unpriced')`,
    as_nusd: `iif(${row}pricing = 'as', ${row}usd_nusd, 0)`,
  };
};
const ofRow = Object.entries(measures(''));
export const measureNames: readonly string[] = ofRow.map(([name]) => name);
/** The measures of one row of `ledger`, named as the columns of a rollup are. */
export const measuresOfRow = ofRow.map(([name, value]) => `${value} AS ${name}`).join(', ');
const sums = ofRow.map(([name, value]) => `SUM(${value}) AS ${name}`).join(', ');
const added = Object.values(measures('NEW.')).join(', ');
const grownSums = measureNames.map((name) => `SUM(${name})`).join(', ');
const grown = measureNames.map((name) => `${name} = ${name} + excluded.${name}`).join(', ');
const declared = measureNames.map((name) => `${name} INTEGER NOT NULL`).join(', ');

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const slot = ['span', 'start', 'workspace', 'agent', 'model'];
const part = ['run_id', 'task_id', 'agent', 'model', 'workspace'];
const larger = (span: number): string =>
  `SELECT ${span}, start - start % ${span}, workspace, agent, model, ${grownSums} FROM minutes GROUP BY 1, 2, 3, 4, 5`;
const slotsFromRows = `
SELECT * FROM (WITH minutes AS MATERIALIZED (
  SELECT ${minute} AS span, at - at % ${minute} AS start, COALESCE(workspace, '') AS workspace, agent, model, ${sums}
  FROM ledger WHERE pricing IS NOT NULL GROUP BY 1, 2, 3, 4, 5)
SELECT * FROM minutes UNION ALL ${larger(hour)} UNION ALL ${larger(day)})`;
const partsFromRows = `
SELECT run_id, task_id, agent, model, COALESCE(workspace, '') AS workspace, MIN(at) AS first_at, MAX(at) AS last_at, ${sums}
FROM ledger WHERE pricing IS NOT NULL GROUP BY 1, 2, 3, 4, 5`;

/** The two tables of rollups, and the same made anew from the rows. */
export const rollupTables: readonly { readonly table: string; readonly fromRows: string }[] = [
  { table: 'rollups', fromRows: slotsFromRows },
  { table: 'run_totals', fromRows: partsFromRows },
];
export const fillRollups = rollupTables.map(({ table, fromRows }) => `INSERT INTO ${table} ${fromRows};`).join('\n');

const rollUp = (span: number): string => `
  INSERT INTO rollups (${[...slot, ...measureNames].join(', ')})
  VALUES (${span}, NEW.at - NEW.at % ${span}, COALESCE(NEW.workspace, ''), NEW.agent, NEW.model, ${added})
  ON CONFLICT (${slot.join(', ')}) DO UPDATE SET ${grown};`;

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
CREATE INDEX ledger_overruns ON ledger (at)
  WHERE entry = 'settle' AND (usd_nusd > reserved_nusd OR total_tokens > reserved_tokens);
CREATE INDEX overrides_by_budget ON overrides (key, name);
CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE waiting (
  ticket INTEGER PRIMARY KEY, changed INTEGER NOT NULL, call_id TEXT NOT NULL, runtime_id TEXT NOT NULL,
  run_id TEXT NOT NULL, task_id TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL, workspace TEXT,
  reserved_nusd INTEGER NOT NULL, reserved_tokens INTEGER NOT NULL
) STRICT;
INSERT INTO counters (name, value) VALUES ('waiting', 0);

CREATE TABLE rollups (
  span INTEGER NOT NULL, start INTEGER NOT NULL, workspace TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
  ${declared}, PRIMARY KEY (${slot.join(', ')})
) STRICT, WITHOUT ROWID;
CREATE TABLE run_totals (
  run_id TEXT NOT NULL, task_id TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL, workspace TEXT NOT NULL,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, ${declared}, PRIMARY KEY (${part.join(', ')})
) STRICT, WITHOUT ROWID;
CREATE INDEX run_totals_by_task ON run_totals (task_id);
${fillRollups}
CREATE TRIGGER ledger_rolls_up AFTER INSERT ON ledger WHEN NEW.pricing IS NOT NULL BEGIN
  ${[minute, hour, day].map(rollUp).join('\n  ')}
  INSERT INTO run_totals (${[...part, 'first_at', 'last_at', ...measureNames].join(', ')})
  VALUES (NEW.run_id, NEW.task_id, NEW.agent, NEW.model, COALESCE(NEW.workspace, ''), NEW.at, NEW.at, ${added})
  ON CONFLICT (${part.join(', ')}) DO UPDATE SET
    first_at = MIN(first_at, excluded.first_at), last_at = MAX(last_at, excluded.last_at), ${grown};
END;
`;
