import type { Mutant } from './mutant.ts';

const holds = 'src/core/budget/holds.ts';
const waker = 'src/core/budget/waker.ts';
const backup = 'src/storage/writer/backup.ts';
const restore = 'src/storage/writer/restore.ts';
const tests = ['test/core/budget/holds.test.ts', '--timeout', '5000'];
const backupTests = ['test/faults/budget-ledger-backups.test.ts'];

/** Two defects for each guard around what is held, and around the ledger's backups. */
export const holdMutants: readonly Mutant[] = [
  {
    guard: 'reservation leaked on cancel',
    defect: 'what a call that ends otherwise has of the ledger is not given up',
    file: holds,
    find: '    if (kept) await ledger.release(asked.callId).finally(() => waker.wake());\n',
    replace: '    void kept;\n',
    tests,
  },
  {
    guard: 'reservation leaked on cancel',
    defect: 'one that is cancelled while it is admitted counts as held by its caller',
    file: holds,
    find: '        signal.throwIfAborted();\n        kept = false;',
    replace: '        kept = false;\n        signal.throwIfAborted();',
    tests,
  },
  {
    guard: 'reservation leaked on cancel',
    defect: 'one that is cancelled while it is marked as sent can not be released',
    file: holds,
    find: "      signal.throwIfAborted();\n      state = 'sent';",
    replace: "      state = 'sent';\n      signal.throwIfAborted();",
    tests,
  },
  {
    guard: 'waiting',
    defect: 'it has no end',
    file: holds,
    find: 'left <= 0 ||',
    replace: '',
    tests,
  },
  {
    guard: 'waiting',
    defect: 'nobody is woken by what is settled',
    file: holds,
    find: 'await ledger.settle(callId, settlement).finally(() => waker.wake());',
    replace: 'await ledger.settle(callId, settlement);',
    tests,
  },
  {
    guard: 'waiting',
    defect: 'all that wait ask again all the time',
    file: waker,
    find: 'const headLength = 8;',
    replace: 'const headLength = 800;',
    tests,
  },
  {
    guard: 'a living runtime’s reservations',
    defect: 'a living process is judged dead',
    file: 'src/runtime/household.ts',
    find: 'if (row.host === self.host && !processLives(row.pid)) return true;',
    replace: 'if (row.host === self.host) return true;',
    tests: ['test/faults/budget-kill.test.ts'],
  },
  {
    guard: 'a living runtime’s reservations',
    defect: 'all reservations are mended, whoever’s they are',
    file: 'src/storage/writer/ledger-book.ts',
    find: "sql(db, 'SELECT * FROM reservations WHERE runtime_id = ?').all(runtimeId)",
    replace: "sql(db, 'SELECT * FROM reservations WHERE runtime_id <> ? OR TRUE').all(runtimeId)",
    tests: ['test/faults/budget-kill.test.ts'],
  },
  {
    guard: 'backups',
    defect: 'one that lost a row counts',
    file: backup,
    find: "if (mark('at') === 0 || mark('entries') !== sums.entries || mark('calls') !== sums.calls) return null;\n    if (mark('nusd') !== sums.nusd || mark('tokens') !== sums.tokens) return null;",
    replace: "if (mark('at') === 0) return null;",
    tests: backupTests,
  },
  {
    guard: 'backups',
    defect: 'a damaged ledger is backed up',
    file: backup,
    find: ' || readBackup(temporary) === null',
    replace: '',
    tests: backupTests,
  },
  {
    guard: 'a ledger is never begun anew by itself',
    defect: 'one that was taken away is',
    file: 'src/storage/writer/work.ts',
    find: 'wasThere: () => backupsOf(data.ledgerPath).length > 0,',
    replace: 'wasThere: () => false,',
    tests: backupTests,
  },
  {
    guard: 'a ledger is never begun anew by itself',
    defect: 'what was held at the time of the backup is forgotten',
    file: restore,
    find: '        settleHeld(db);\n',
    replace: "        db.exec('DELETE FROM reservations');\n",
    tests: backupTests,
  },
];
