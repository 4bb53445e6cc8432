import type { Mutant } from './mutant.ts';

/** Defects of the cost report and of the report of the week. */
export const reportMutants: readonly Mutant[] = [
  {
    guard: 'what-if',
    defect: 'what was not paid stands as paid',
    file: 'src/reports/cost-facts.ts',
    find: 'const paid = group.nusd - group.reckonedNusd;',
    replace: 'const paid = whatIf;',
    tests: ['test/reports/cost-report.test.ts', 'test/reports/what-if.test.ts'],
  },
  {
    guard: 'what-if',
    defect: 'a settlement that was taken back counts once more',
    file: 'src/reports/what-if.ts',
    find: 'const nusd = entry.sign * priced(entry);',
    replace: 'const nusd = priced(entry);',
    tests: ['test/reports/what-if.test.ts'],
  },
  {
    guard: 'estimates apart',
    defect: 'the money of estimates is left out of the estimated part',
    file: 'src/reports/cost-summary.ts',
    find: 'estimatedNusd: estimated ? nusd : 0,',
    replace: 'estimatedNusd: 0,',
    tests: ['test/reports/cost-report.test.ts'],
  },
  {
    guard: 'estimates apart',
    defect: 'calls without a price are not counted as such',
    file: 'src/reports/cost-summary.ts',
    find: 'unpricedCalls: unpriced ? calls : 0,',
    replace: 'unpricedCalls: 0,',
    tests: ['test/reports/cost-report.test.ts'],
  },
  {
    guard: 'the week’s report, once',
    defect: 'every window makes it',
    file: 'src/runtime/weekly-report.ts',
    find: 'if (!leads || this.#stopped) return;',
    replace: 'void leads;',
    tests: ['test/runtime/weekly-report.test.ts', '--grep', 'only where it leads'],
  },
  {
    guard: 'the week’s report, once',
    defect: 'an issue is raised again at each failure',
    file: 'src/runtime/weekly-report.ts',
    find: '    if (owed.raised) return;\n',
    replace: '',
    tests: ['test/runtime/weekly-report.test.ts', '--grep', 'raises COST_REPORT_MISSED once'],
  },
];
