import { history0001 } from './0001-history.ts';
import { history0002 } from './0002-forecasts.ts';
import { ledger0001 } from './0001-ledger.ts';

/** One of the two databases: what makes it, and the tables it must have. Version N is the first N migrations. */
export interface Schema {
  readonly name: 'history' | 'ledger';
  readonly migrations: readonly string[];
  readonly tables: readonly string[];
}

export const historySchema: Schema = {
  name: 'history',
  migrations: [history0001, history0002],
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
  migrations: [ledger0001],
  tables: ['ledger', 'reservations', 'overrides', 'counters'],
};
