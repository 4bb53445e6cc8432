import type { Mutant } from './mutant.ts';

const timeout = 'src/core/lanes/timeout.ts';
const load = 'src/core/lanes/load.ts';
const call = 'src/core/lanes/worker-call.ts';
const tests = ['test/core/lanes/timeout.test.ts', 'test/core/lanes/worker-call.test.ts'];

/** Two defects for each guard around the work itself. */
export const guardMutants: readonly Mutant[] = [
  {
    guard: 'timeouts',
    defect: 'the signal is not aborted at the limit',
    file: timeout,
    find: '    this.#stop?.controller.abort(reason);',
    replace: '',
    tests,
  },
  {
    guard: 'timeouts',
    defect: 'the time of a person’s answer counts',
    file: timeout,
    find: '    this.#left = Math.max(0, this.#left - worked);',
    replace: '    this.#run(Math.max(0, this.#left - worked));',
    tests,
  },
  {
    guard: 'kill',
    defect: 'the killer is not called',
    file: timeout,
    find: 'for (const kill of this.#stop?.killers ?? []) kill();',
    replace: '',
    tests,
  },
  {
    guard: 'kill',
    defect: 'the caller of killed work is not told',
    file: timeout,
    find: 'this.onKilled(this.#reason ?? timeoutError(limits));',
    replace: '',
    tests: [...tests, '--timeout', '2000'],
  },
  {
    guard: 'late results',
    defect: 'a late result counts as a success',
    file: call,
    find: "if (this.isKilled) this.#deps.observe({ type: 'late_result', lane: this.#call.lane });\n    else this.#tell(null);",
    replace: 'this.#tell(null);',
    tests,
  },
  {
    guard: 'late results',
    defect: 'who holds the slot is forgotten',
    file: call,
    find: 'guards.late.set(lane, this, {',
    replace: 'void ({',
    tests,
  },
  {
    guard: 'memory guard',
    defect: 'there is no hysteresis',
    file: 'src/core/lanes/memory-guard.ts',
    find: 'use.rss > maxRssBytes * 0.9',
    replace: 'use.rss > maxRssBytes',
    tests: ['test/core/lanes/memory-guard.test.ts'],
  },
  {
    guard: 'memory guard',
    defect: 'nobody asks it',
    file: call,
    find: '    memory.check();',
    replace: '    void memory;',
    tests: [...tests, '--timeout', '2000'],
  },
  {
    guard: 'load',
    defect: 'each refusal of a burst halves',
    file: load,
    find: 'if (now - this.#lastSignAt >= burstMs || this.#limit === null) {',
    replace: 'if (now >= 0) {',
    tests: ['test/core/lanes/load.test.ts'],
  },
  {
    guard: 'load',
    defect: 'retry-after is not honoured',
    file: load,
    find: 'const asked = Math.min(retryAfterMs ?? 0, longestRetryAfterMs);',
    replace: 'const asked = retryAfterMs === null ? 0 : longestRetryAfterMs * 0;',
    tests: ['test/core/lanes/load.test.ts'],
  },
  {
    guard: 'learnt limits',
    defect: 'a handful of calls is enough',
    file: 'src/core/lanes/adaptive-timeouts.ts',
    find: 'count < enough || p99 === null',
    replace: 'p99 === null',
    tests: ['test/core/lanes/adaptive-timeouts.test.ts'],
  },
  {
    guard: 'learnt limits',
    defect: 'they may be longer than the fixed one',
    file: 'src/core/lanes/adaptive-timeouts.ts',
    find: '    if (limitMs >= defaultMs) return fixed;\n',
    replace: '',
    tests: ['test/core/lanes/adaptive-timeouts.test.ts'],
  },
  {
    guard: 'figures',
    defect: 'cancelled calls count as work',
    file: 'src/core/lanes/statistics.ts',
    find: "result !== 'cancelled' && ",
    replace: '',
    tests: ['test/core/lanes/statistics.test.ts'],
  },
  {
    guard: 'figures',
    defect: 'quantiles are one bucket low',
    file: 'src/core/lanes/statistics.ts',
    find: 'if (left <= 0) return smallestMs * growth ** at;',
    replace: 'if (left <= 0) return smallestMs * growth ** (at - 2);',
    tests: ['test/core/lanes/statistics.test.ts'],
  },
];
