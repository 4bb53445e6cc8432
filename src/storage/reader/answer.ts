import type { Database } from 'better-sqlite3';
import { isHaiosError, messageOf } from '../../core/errors.ts';
import { readCall, readEntries } from '../rows/call.ts';
import type { Reader } from '../storage.ts';
import type { ThreadData } from '../thread/messages.ts';
import { rollupDifferences } from '../rollups.ts';
import { readCalls } from './calls.ts';
import { readCosts, readTotal, readUsed } from './costs.ts';
import { ReadDatabase } from './database.ts';
import { dayOf } from './days.ts';
import { readBackTest, readPastRuns } from './forecasts.ts';
import { readArtefacts, readCheckpoint, readIssues, readRun, readRuns, readTasks } from './runs.ts';
import { readReports } from './reports.ts';
import { readSettled, readSettlements } from './settled.ts';
import { readPayload, readSpans, readTrace } from './spans.ts';

type Answers = { readonly [M in keyof Reader]: (...params: Parameters<Reader[M]>) => Awaited<ReturnType<Reader[M]>> };

/** Every question of the Reader, answered at once from the two files. */
export function answersFrom({ databasePath, ledgerPath }: ThreadData): Answers {
  const days = (db: Database): void => {
    db.function('local_day', { deterministic: true }, (at: number) => dayOf(at));
  };
  const history = new ReadDatabase(
    databasePath,
    { unavailable: 'DATABASE_UNAVAILABLE', damaged: 'DATABASE_DAMAGED' },
    days,
  );
  const ledger = new ReadDatabase(
    ledgerPath,
    { unavailable: 'LEDGER_UNAVAILABLE', damaged: 'LEDGER_DAMAGED' },
    () => undefined,
  );
  return {
    runs: (query) => history.read((db) => readRuns(db, query)),
    run: (idOrG) => history.read((db) => readRun(db, idOrG)),
    tasks: (runId) => history.read((db) => readTasks(db, runId)),
    spans: (runId, parentSpanId) => history.read((db) => readSpans(db, runId, parentSpanId)),
    trace: (runId) => history.read((db) => readTrace(db, runId)),
    payload: (spanId) => history.read((db) => readPayload(db, spanId)),
    checkpoint: (runId) => history.read((db) => readCheckpoint(db, runId)),
    artefacts: (runId) => history.read((db) => readArtefacts(db, runId)),
    issues: (filter) => history.read((db) => readIssues(db, filter)),
    calls: (query) => ledger.read((db) => readCalls(db, query)),
    call: (callId) => ledger.read((db) => readCall(db, callId)),
    entries: (callId) => ledger.read((db) => readEntries(db, callId)),
    settled: (query) => ledger.read((db) => readSettled(db, query)),
    settlements: (query) => ledger.read((db) => readSettlements(db, query)),
    used: (query) => history.read((db) => readUsed(db, query)),
    reports: (times) => ledger.read((money) => history.read((db) => readReports(money, db, times))),
    costs: (query) => ledger.read((money) => history.read((db) => readCosts(money, db, query))),
    total: (query) => ledger.read((money) => history.read((db) => readTotal(money, db, query))),
    pastRuns: (query) => history.read((db) => readPastRuns(db, query)),
    backTest: (query) => history.read((db) => readBackTest(db, query)),
    integrity: () => ({ history: integrityOf(history), ledger: integrityOf(ledger, rollupsOf) }),
  };
}

function rollupsOf(db: Database): string {
  const count = rollupDifferences(db);
  return count === 0 ? 'ok' : `${count} rollups differ from the rows they are made from`;
}

function integrityOf(file: ReadDatabase, further: (db: Database) => string = () => 'ok'): string {
  try {
    return file.read((db) => {
      const verdict = String(db.pragma('integrity_check(1)', { simple: true }));
      return verdict === 'ok' ? further(db) : verdict;
    });
  } catch (error) {
    if (isHaiosError(error)) return error.message;
    return messageOf(error);
  }
}
