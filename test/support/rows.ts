/** Rows for tests, whole and valid; each takes what a test cares about. */
import { noCost, type BudgetUse, type RunRow, type SpanRow } from '../../src/protocol/rows.ts';
import type { BudgetStopView, RunView, Snapshot } from '../../src/protocol/snapshot.ts';

export function runRow(changes: Partial<RunRow>): RunRow {
  return {
    runId: 'run-1',
    g: 1,
    prompt: 'inventory',
    workspace: null,
    model: 'offline',
    agent: 'default',
    priority: 'normal',
    approve: 'ask',
    budget: {},
    status: 'succeeded',
    waiting: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    runtimeId: 'fake',
    startedAt: 0,
    endedAt: null,
    durationMs: 1200,
    cost: noCost,
    tasks: 1,
    workerCalls: 0,
    priceAs: null,
    labels: [],
    error: null,
    text: '',
    ...changes,
  };
}

export function runView(changes: Partial<RunView>): RunView {
  return {
    runId: 'run-1',
    g: 1,
    prompt: 'inventory',
    model: 'offline',
    agent: 'default',
    status: 'running',
    waiting: null,
    stage: 'execute',
    tasksDone: 0,
    tasksTotal: 1,
    tasks: [],
    startedAt: 0,
    elapsedMs: 1200,
    cost: noCost,
    priceAs: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    traceVersion: 1,
    error: null,
    resumable: false,
    report: null,
    ...changes,
  };
}

export function spanRow(changes: Partial<SpanRow>): SpanRow {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: null,
    runId: 'run-1',
    taskId: null,
    name: 'task',
    kind: 'task',
    stage: null,
    lane: null,
    status: 'ok',
    startedAt: 0,
    durationMs: 12,
    tokens: 0,
    nusd: 0,
    estimated: false,
    error: null,
    attributes: {},
    events: [],
    children: 0,
    ...changes,
  };
}

/** A usd budget of 5 dollars; its ratio follows from `used` and `limit`. */
export function budgetUse(changes: Partial<BudgetUse>): BudgetUse {
  const use = { limit: 5_000_000_000, used: 0, reserved: 0, ...changes };
  return {
    name: 'run',
    resource: 'usd',
    scope: 'run',
    key: 'run-1',
    window: 'lifetime',
    overridden: null,
    resetsAt: null,
    endsAt: null,
    ...use,
    ratio: changes.ratio ?? use.used / use.limit,
  };
}

/** A run that waits because $0.98 of its dollar are spent and the next call may cost $0.11. */
export function stopView(changes: Partial<BudgetStopView>): BudgetStopView {
  const budget = budgetUse({ limit: 1_000_000_000, used: 980_000_000 });
  return {
    runId: 'run-1',
    g: 12,
    at: 0,
    budget,
    asked: 110_000_000,
    message: 'The run budget of $1.00 does not allow the next call.',
    raises: [2_000_000_000, 5_000_000_000],
    freesAt: null,
    waits: false,
    cheaper: [],
    ...changes,
  };
}

export const snapshot: Snapshot = {
  seq: 0,
  runtime: {
    id: 'fake',
    version: '0.0.0',
    pid: 1,
    startedAt: 0,
    mode: 'dev_fast',
    port: null,
    panelUrl: null,
    metricsUrl: null,
    memory: { rss: 100 * 2 ** 20, heap: 50 * 2 ** 20, external: 0 },
    memoryLimit: 512 * 2 ** 20,
    cpuRatio: 0,
    ledger: 'ok',
    history: 'ok',
    trusted: true,
    spansDropped: 0,
    configError: null,
  },
  runs: [],
  lanes: [],
  global: { active: 0, limit: 32 },
  budgets: [],
  today: { nusd: 0, tokens: 0, estimated: false, reckoned: false, unpricedCalls: 0 },
  approvals: [],
  stops: [],
  issues: [],
  events: [],
};
