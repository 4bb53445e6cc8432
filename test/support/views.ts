import type { Forecast, RunSummary } from '../../src/protocol/messages.ts';
import { noCost, noTokens } from '../../src/protocol/rows.ts';
import type { ApprovalView, BudgetStopView, LaneView, RunView, Snapshot } from '../../src/protocol/snapshot.ts';
import { budgetUse, runView, snapshot } from './rows.ts';

/** The run that the fake runtime plays: two tasks, 12,345 tokens, $0.012345678. */
export function playedRun(changes: Partial<RunView> = {}): RunView {
  const cost = { ...noCost, tokens: { ...noTokens, input: 12_000, output: 345 }, nusd: 12_345_678, calls: 3 };
  return runView({
    runId: 'run-7',
    g: 7,
    prompt: 'todo',
    tasksTotal: 2,
    elapsedMs: 1000,
    stage: null,
    cost,
    ...changes,
  });
}

export function forecastOf(
  changes: Partial<Extract<Forecast, { kind: 'range' }>>,
): Extract<Forecast, { kind: 'range' }> {
  return {
    kind: 'range',
    samples: 12,
    durationMs: { low: 120_000, middle: 180_000, high: 240_000 },
    tokens: { low: 30_000, middle: 40_000, high: 50_000 },
    nusd: { low: 100_000_000, middle: 200_000_000, high: 350_000_000 },
    memBytes: { low: 0, middle: 0, high: 0 },
    ...changes,
  };
}

export function laneView(lane: LaneView['lane'], active: number, limit: number, queued = 0): LaneView {
  return {
    lane,
    active,
    limit,
    configured: limit,
    maximum: limit,
    queued: { high: 0, normal: queued, low: 0 },
    state: 'open',
    borrowed: 0,
    load: null,
    late: [],
    stats: { success: 0, failure: 0, timeouts: 0, rejections: 0, avgMs: null, p95Ms: null, p99Ms: null },
  };
}

export function snapshotWith(changes: Partial<Snapshot>): Snapshot {
  return { ...snapshot, ...changes };
}

export function approvalView(changes: Partial<ApprovalView> = {}): ApprovalView {
  return {
    approvalId: 'a1',
    runId: 'run-7',
    kind: 'write',
    title: 'Write src/a.ts',
    detail: '-old\n+new\u001b[2J',
    path: 'src/a.ts',
    protected: false,
    at: 0,
    ...changes,
  };
}

export function budgetStop(changes: Partial<BudgetStopView> = {}): BudgetStopView {
  return {
    runId: 'run-7',
    g: 7,
    at: 0,
    budget: budgetUse({ limit: 1e9, used: 9e8 }),
    asked: 2e8,
    message: 'The run budget “run” of $1 does not allow this call.',
    raises: [2e9, 5e9],
    freesAt: null,
    waits: false,
    cheaper: [],
    ...changes,
  };
}

export function summaryOf(changes: Partial<RunSummary> = {}): RunSummary {
  return {
    run: 'run-7',
    g: 7,
    status: 'succeeded',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    tasks: 2,
    workerCalls: 9,
    tokens: { ...noTokens, input: 12_000, output: 345, total: 12_345 },
    usd: 0.012345678,
    usd_nano: 12_345_678,
    durationMs: 2300,
    artefacts: ['.haios/reports/report_g007.md'],
    issues: [],
    text: 'Done.',
    priceAs: null,
    estimated: false,
    unpricedCalls: 0,
    error: null,
    ...changes,
  };
}
