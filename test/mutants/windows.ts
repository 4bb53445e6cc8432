import type { Mutant } from './mutant.ts';

const windows = 'src/core/budget/windows.ts';
const pacing = 'src/core/budget/pacing.ts';
const limits = 'src/core/budget/limits.ts';
const callLimit = 'src/core/budget/call-limit.ts';
const endsAt = 'src/core/budget/ends-at.ts';
const of = (name: string): readonly string[] => [`test/core/budget/${name}.test.ts`];
const latest = { find: 'function daysSinceMonday', replace: 'let latest = 0;\nfunction daysSinceMonday' } as const;

/** Two defects for each guard of windows, limits and pace. */
export const windowMutants: readonly Mutant[] = [
  {
    guard: 'trap: month end',
    defect: 'the day after the last of a month is that day',
    file: windows,
    find: 'day.getDate() + days)',
    replace: 'Math.min(day.getDate() + days, 31))',
    tests: of('windows'),
  },
  {
    guard: 'trap: month end',
    defect: 'a month has 30 days',
    file: windows,
    find: 'new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime()',
    replace:
      'new Date(day.getFullYear(), day.getMonth(), 1).getTime() + ((day.getDate() - 1 + days) % 30) * 24 * hourMs',
    tests: of('windows'),
  },
  {
    guard: 'trap: DST night',
    defect: 'a day has 24 hours',
    file: windows,
    find: 'return midnight(now, 1);',
    replace: 'return midnight(now, 0) + 24 * hourMs;',
    tests: of('windows'),
  },
  {
    guard: 'trap: DST night',
    defect: 'midnights are counted from one that the clocks skip',
    file: windows,
    find: 'return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime();',
    replace: 'day.setHours(0, 0, 0, 0);\n  return day.setDate(day.getDate() + days);',
    tests: of('windows'),
  },
  {
    guard: 'trap: clock set back',
    defect: 'a day never begins before the last one seen',
    file: windows,
    find: 'return midnight(now, 0);',
    replace: 'return (latest = Math.max(latest, midnight(now, 0)));',
    also: [latest],
    tests: of('windows-ledger'),
  },
  {
    guard: 'trap: clock set back',
    defect: 'an hour never begins before the last one seen',
    file: windows,
    find: 'return now - hourMs;',
    replace: 'return (latest = Math.max(latest, now - hourMs));',
    also: [latest],
    tests: of('windows-ledger'),
  },
  {
    guard: 'weeks',
    defect: 'they begin on Sunday',
    file: windows,
    find: '(new Date(now).getDay() + 6) % 7',
    replace: 'new Date(now).getDay()',
    tests: of('windows'),
  },
  {
    guard: 'weeks',
    defect: 'they end six days after their Monday',
    file: windows,
    find: '7 - daysSinceMonday(now)',
    replace: '6 - daysSinceMonday(now)',
    tests: of('windows'),
  },
  {
    guard: 'pacing of an hour',
    defect: 'a burst frees up in half of its time',
    file: pacing,
    find: 'lengthMs: (hourMs * allowed) / limit',
    replace: 'lengthMs: (hourMs * allowed) / limit / 2',
    tests: of('pacing'),
  },
  {
    guard: 'pacing of an hour',
    defect: 'a burst is held for longer than its time, so that the hour cannot be used in full',
    file: pacing,
    find: 'lengthMs: (hourMs * allowed) / limit',
    replace: 'lengthMs: (hourMs * allowed) / limit + 60_000',
    tests: of('pacing'),
  },
  {
    guard: 'pacing of a day',
    defect: 'it goes by 24 hours whatever the clocks do',
    file: pacing,
    find: 'const length = Math.max(1, end - start);',
    replace: 'const length = Math.max(1, Math.min(end - start, 24 * hourMs));',
    tests: of('pacing'),
  },
  {
    guard: 'pacing of a day',
    defect: 'the burst is added to the whole and not part of it',
    file: pacing,
    find: 'const spread = (1 - burst) * limit;',
    replace: 'const spread = limit;',
    tests: of('pacing'),
  },
  {
    guard: 'pacing and large calls',
    defect: 'a call that is larger than the burst of an hour never passes',
    file: pacing,
    find: 'const allowed = Math.max(Math.floor(burst * limit), Math.min(asked, limit));',
    replace: 'const allowed = Math.max(Math.floor(burst * limit), Math.min(asked, 0));',
    tests: of('pacing'),
  },
  {
    guard: 'pacing and large calls',
    defect: 'what is larger than the limit of a day passes',
    file: pacing,
    find: 'allowed: Math.max(byNow, Math.min(asked, limit))',
    replace: 'allowed: Math.max(byNow, asked)',
    tests: of('pacing'),
  },
  {
    guard: 'limits by pattern',
    defect: 'the file’s bind all workspaces',
    file: limits,
    find: '{ name, ...of, workspace, amount: team',
    replace: '{ name, ...of, amount: team',
    tests: of('limits'),
  },
  {
    guard: 'limits by pattern',
    defect: 'file and settings of one run are two limits of one name, or the larger alone',
    file: limits,
    find: 'amount: least(team?.[resource], own?.[resource])',
    replace: 'amount: team?.[resource] ?? own?.[resource]',
    tests: of('limits'),
  },
  {
    guard: 'limits of one call',
    defect: 'what is raised for one run is raised for all',
    file: callLimit,
    find: ' && row.key === key',
    replace: '',
    also: [
      {
        find: 'row: OverrideRow, { name, resource, scope, key }',
        replace: 'row: OverrideRow, { name, resource, scope }',
      },
    ],
    tests: of('call-limit'),
  },
  {
    guard: 'limits of one call',
    defect: 'a call of exactly what it was raised to is refused',
    file: callLimit,
    find: 'if (asked <= inForce) continue;',
    replace: 'if (asked < inForce) continue;',
    tests: of('call-limit'),
  },
  {
    guard: 'when a budget ends',
    defect: 'it is told though the window ends before',
    file: endsAt,
    find: 'return resetsAt !== null && end >= resetsAt ? null : end;',
    replace: 'return end;',
    tests: of('ends-at'),
  },
  {
    guard: 'when a budget ends',
    defect: 'nothing ever leaves a rolling hour',
    file: endsAt,
    find: "window === 'hour' ? leaving(used, recent) : 0",
    replace: '0 * leaving(used, recent)',
    tests: of('ends-at'),
  },
];
