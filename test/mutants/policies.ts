import type { Mutant } from './mutant.ts';

const places = ['test/storage/run-places.test.ts', '--timeout', '60000'];
const commands = ['test/core/policies/commands.test.ts', '--timeout', '20000'];
const paths = ['test/tools/denied-paths.test.ts', '--timeout', '20000'];
const cpu = ['test/tools/child-cpu.test.ts', '--grep', 'shares a sum|nobody waited', '--timeout', '60000'];

/** Defects of what lets runs start, of what tools may touch, and of what tasks are charged. */
export const policyMutants: readonly Mutant[] = [
  {
    guard: 'places of runs',
    defect: 'one run too many is at work',
    file: 'src/core/policies/admission.ts',
    find: 'running + ahead < rule.concurrency',
    replace: 'running + ahead <= rule.concurrency',
    tests: places,
  },
  {
    guard: 'places of runs',
    defect: 'those that wait are passed',
    file: 'src/core/policies/admission.ts',
    find: 'running + ahead < rule.concurrency',
    replace: 'running < rule.concurrency',
    tests: places,
  },
  {
    guard: 'places of runs',
    defect: 'what a dead runtime held stays taken',
    file: 'src/storage/writer/runtimes.ts',
    find: '  leavePlaces(db, runtimeId);\n',
    replace: '',
    tests: places,
  },
  {
    guard: 'starts per hour',
    defect: 'one start too many',
    file: 'src/core/policies/admission.ts',
    find: 'starts.length + ahead < rule.startsPerHour) continue',
    replace: 'starts.length + ahead <= rule.startsPerHour) continue',
    tests: places,
  },
  {
    guard: 'starts per hour',
    defect: 'a run that has ended has not started',
    file: 'src/storage/writer/run-places.ts',
    find: `WHERE state = 'ended' AND started_at <= ?`,
    replace: `WHERE state = 'ended' AND started_at <> ?`,
    tests: places,
  },
  {
    guard: 'labels',
    defect: 'what one side allows is enough',
    file: 'src/core/policies/labels.ts',
    find: 'const side = allowed.find((patterns) => !patterns',
    replace: 'const side = allowed.slice(1, 1).find((patterns) => !patterns',
    tests: ['test/core/policies/labels.test.ts'],
  },
  {
    guard: 'denied commands',
    defect: 'a program that starts another hides it',
    file: 'src/core/policies/commands.ts',
    find: 'if (!starters.has(name)) return [];',
    replace: 'if (name !== "") return [];',
    tests: commands,
  },
  {
    guard: 'denied commands',
    defect: 'options before the argument hide it',
    file: 'src/core/policies/commands.ts',
    find: 'if (!isOption(argument) && !value) return false;',
    replace: 'return false;',
    tests: commands,
  },
  {
    guard: 'denied paths',
    defect: 'a link is not followed',
    file: 'src/tools/permitted.ts',
    find: ' ?? context.policy.path(target.realPath)',
    replace: '',
    tests: paths,
  },
  {
    guard: 'denied paths',
    defect: 'a listing shows them',
    file: 'src/tools/walk.ts',
    find: '      if (this.#denied.rule(child) !== null) return false;\n',
    replace: '',
    tests: paths,
  },
  {
    guard: 'blocked secrets',
    defect: 'arguments are not looked at',
    file: 'src/core/agent/tool-call.ts',
    find: 'if (secret !== null) {',
    replace: 'if (secret === "") {',
    tests: ['test/core/agent/tool-policy.test.ts'],
  },
  {
    guard: 'blocked secrets',
    defect: 'an edit may put one together',
    file: 'src/tools/change-file.ts',
    find: '    refuseSecret(context, target, current, text);\n',
    replace: '',
    also: [
      { find: '/** A secret that was in the file', replace: 'void refuseSecret;\n/** A secret that was in the file' },
    ],
    tests: paths,
  },
  {
    guard: 'processor time',
    defect: 'the time of other children is charged',
    file: 'src/tools/child-cpu.ts',
    find: 'Math.min(1, Math.max(0,',
    replace: 'Math.max(0, Math.max(0,',
    tests: cpu,
  },
  {
    guard: 'processor time',
    defect: 'a child that nobody waits for is lost',
    file: 'src/tools/process-tree.ts',
    find: 'this.#unwaited.set(pid, now.cpuSeconds)',
    replace: 'this.#unwaited.delete(pid)',
    tests: cpu,
  },
];
