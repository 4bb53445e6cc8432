import { history0001 } from './0001-history.ts';
import { history0002 } from './0002-forecasts.ts';
import { history0003 } from './0003-budgets.ts';
import { ledger0001 } from './0001-ledger.ts';
import { ledger0002 } from './0002-ledger.ts';

/** One of the two databases: what makes it, and the tables it must have. Version N is the first N migrations. */
export interface Schema {
  readonly name: 'history' | 'ledger';
  readonly migrations: readonly string[];
  readonly tables: readonly string[];
}

export const historySchema: Schema = {
  name: 'history',
  migrations: [history0001, history0002, history0003],
  tables: [
    'runs',
    'tasks',
    'spans',
    'span_payloads',
    'checkpoints',
    'cost_records',
    'artefacts',
    'issues',
    'reports',
    'runtimes',
    'leases',
    'counters',
    'forecasts',
  ],
};

export const ledgerSchema: Schema = {
  name: 'ledger',
  migrations: [ledger0001, ledger0002],
  tables: ['ledger', 'reservations', 'overrides', 'counters', 'waiting', 'rollups', 'run_totals'],
};
