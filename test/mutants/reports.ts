import type { Mutant } from './mutant.ts';

const summary = 'src/reports/cost-summary.ts';
const reports = ['test/reports/cost-report.test.ts', 'test/reports/cost-sql.test.ts'];
const weekly = [
  'test/core/alerts/cost-report-missed.test.ts',
  'test/runtime/weekly-report.test.ts',
  '--grep',
  'cost-report-missed|runtime/weekly-report',
];

/** Defects of the cost report, of its what-if and of the week's own report. */
export const reportMutants: readonly Mutant[] = [
  {
    guard: 'what-if',
    defect: 'it is counted as paid',
    file: 'src/reports/cost-facts.ts',
    find: 'const paid = group.nusd - group.reckonedNusd;',
    replace: 'const paid = group.nusd;',
    tests: ['test/reports/what-if.test.ts'],
  },
  {
    guard: 'what-if',
    defect: 'a corrected call is counted twice',
    file: 'src/reports/what-if.ts',
    find: 'entry.sign * priced(entry)',
    replace: 'priced(entry)',
    tests: ['test/reports/what-if.test.ts'],
  },
  {
    guard: 'marks',
    defect: 'the estimated part is dropped',
    file: summary,
    find: 'estimatedNusd: estimated ? nusd : 0,',
    replace: 'estimatedNusd: estimated ? 0 : 0,',
    tests: reports,
  },
  {
    guard: 'marks',
    defect: 'an unpriced call is one that costs nothing',
    file: summary,
    find: 'unpricedCalls: unpriced ? calls : 0,',
    replace: 'unpricedCalls: unpriced ? 0 : 0,',
    tests: reports,
  },
  {
    guard: 'corrections',
    defect: 'what was taken back counts',
    file: 'src/storage/reader/settled.ts',
    find: 'const sign = "iif(entry = \'settle\', 1, -1)";',
    replace: 'const sign = "1";',
    tests: reports,
  },
  {
    guard: 'weekly report',
    defect: 'it is made twice',
    file: 'src/core/alerts/cost-report-missed.ts',
    find: 'week === undefined || week.reported',
    replace: 'week === undefined',
    tests: weekly,
  },
  {
    guard: 'weekly report',
    defect: 'a clock that has just jumped is believed',
    file: 'src/core/alerts/cost-report-missed.ts',
    find: "  if (steadyMs < steadyEnoughMs) return { kind: 'later' };\n",
    replace: '  void steadyMs;\n',
    tests: weekly,
  },
];
