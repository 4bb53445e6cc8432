import type { Mutant } from './mutant.ts';

const book = 'src/storage/writer/ledger-book.ts';
const judge = 'src/storage/writer/judge.ts';
const places = 'src/storage/writer/places.ts';
const mirror = 'src/storage/writer/mirror.ts';
const scope = 'src/storage/writer/limit-scope.ts';
const traps = (trap: string): readonly string[] => ['test/storage/ledger-traps.test.ts', '-g', trap];
const line = ['test/storage/ledger-line.test.ts'] as const;

/** A defect for each trap of the ledger, and two for each of its further guards. */
export const ledgerMutants: readonly Mutant[] = [
  {
    guard: 'trap: two calls admitted at once that together pass the cap',
    defect: 'what others hold is not counted',
    file: judge,
    find: 'const needed = use.settled + use.held + asked;',
    replace: 'const needed = use.settled + asked;',
    tests: traps('together pass the cap'),
  },
  {
    guard: 'trap: second window spends the same budget again',
    defect: 'what another process wrote is not read',
    file: mirror,
    find: "if (number(now, 'head') !== this.#head) this.#readEntries(db);",
    replace: '',
    tests: ['test/storage/ledger.test.ts', '-g', 'second window', '--timeout', '60000'],
  },
  {
    guard: 'trap: fail-open when the store is locked',
    defect: 'an admission that could not be made is answered as made',
    file: 'src/storage/ledger-client.ts',
    find: "if (isHaiosError(error, 'LEDGER_UNAVAILABLE')) this.#repair(ask.callId, { type: 'release' });\n      throw error;",
    replace: "if (!isHaiosError(error, 'LEDGER_UNAVAILABLE')) throw error;\n      return { kind: 'admitted' };",
    tests: traps('fail-open'),
  },
  {
    guard: 'trap: cap reset by resume or restart',
    defect: 'what was held before a restart is forgotten',
    file: mirror,
    find: "for (const row of sql(db, 'SELECT * FROM reservations').all()) this.#hold(text(row, 'call_id'), heldOf(row));",
    replace: '',
    tests: traps('cap reset'),
  },
  {
    guard: 'trap: cap reset by resume or restart',
    defect: 'what was settled before a restart is forgotten',
    file: mirror,
    find: 'settled: { ...scope.settled(db, { since: limit.since, until: forEver }) },',
    replace: 'settled: { nusd: 0, tokens: 0 },',
    tests: traps('cap reset'),
  },
  {
    guard: 'trap: budget lowered under what is already spent',
    defect: 'a call that costs nothing more is let through',
    file: judge,
    find: 'if (!(use.settled + asked <= use.limit)) {',
    replace: 'if (asked > 0 && !(use.settled + asked <= use.limit)) {',
    tests: traps('budget lowered'),
  },
  {
    guard: 'trap: float drift',
    defect: 'sums are made in dollars',
    file: scope,
    find: 'SELECT SUM(usd_nusd) AS nusd,',
    replace: 'SELECT SUM(usd_nusd / 1e9) * 1e9 AS nusd,',
    tests: traps('float drift'),
  },
  {
    guard: 'line of waiting calls',
    defect: 'a later call takes what an earlier one waits for',
    file: judge,
    find: 'const ahead = needed <= room ? aheadOf(db, ask, limit, known, room - needed) : 0;',
    replace: 'const ahead = 0;',
    tests: line,
  },
  {
    guard: 'line of waiting calls',
    defect: 'who stopped asking keeps its place for ever',
    file: places,
    find: 'if (this.#clock - each.seen > placeLifeMs) this.leave(db, each.callId);\n      else yield each;',
    replace: 'yield each;',
    tests: line,
  },
  {
    guard: 'line of waiting calls',
    defect: 'a thread that stood still takes others for gone',
    file: places,
    find: 'this.#clock += Math.min(Math.max(0, now - this.#looked), longestStepMs);',
    replace: 'this.#clock += now - this.#looked;',
    tests: line,
  },
  {
    guard: 'line of waiting calls',
    defect: 'the dead keep their places',
    file: book,
    find: '    this.#mirror.line.bury(db, runtimeId);\n',
    replace: '',
    tests: line,
  },
  {
    guard: 'overrides',
    defect: 'one whose time is over stays in force',
    file: mirror,
    find: 'return row === undefined || (row.until !== null && row.until <= at) ? null : row;',
    replace: 'return row ?? null;',
    tests: line,
  },
  {
    guard: 'pace',
    defect: 'the whole limit may be used at once',
    file: judge,
    find: 'const room = Math.min(use.limit, allowedBy(limit, use));',
    replace: 'const room = use.limit;',
    tests: line,
  },
  {
    guard: 'rollups',
    defect: 'the minute at the end of a time is left out',
    file: 'src/storage/rollups.ts',
    find: "    rows('minuteEnd', 'until'),\n",
    replace: '',
    tests: ['test/storage/rollups.test.ts'],
  },
  {
    guard: 'rollups',
    defect: 'a correction is not taken back',
    file: 'src/storage/migrations/0002-ledger.ts',
    find: 'AFTER INSERT ON ledger WHEN NEW.pricing IS NOT NULL BEGIN',
    replace: "AFTER INSERT ON ledger WHEN NEW.entry = 'settle' BEGIN",
    tests: ['test/storage/rollups.test.ts'],
  },
];
