/** Version 3 of `haios.db`: tokens written to a cache for an hour, apart; the labels of a run. */
export const history0003 = `
ALTER TABLE runs ADD COLUMN cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN labels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(labels));
ALTER TABLE cost_records ADD COLUMN cache_write_1h_tokens INTEGER NOT NULL DEFAULT 0;
`;
