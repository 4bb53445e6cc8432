import type { RunSummary } from '../../src/protocol/messages.ts';
import { noCost, noTokens } from '../../src/protocol/rows.ts';
import type { ApprovalView, LaneView, RunView, Snapshot } from '../../src/protocol/snapshot.ts';

/** Plain values of the protocol for tests; `over` replaces members. */
export function runView(over: Partial<RunView> = {}): RunView {
  return {
    runId: 'run-7',
    g: 7,
    prompt: 'todo',
    model: 'offline',
    agent: 'haios',
    status: 'running',
    waiting: null,
    stage: null,
    task: null,
    tasksDone: 0,
    tasksTotal: 2,
    startedAt: 0,
    elapsedMs: 1000,
    cost: { ...noCost, tokens: { ...noTokens, input: 12_000, output: 345 }, nusd: 12_345_678, calls: 3 },
    priceAs: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    traceVersion: 1,
    error: null,
    resumable: false,
    report: null,
    ...over,
  };
}

export function laneView(lane: LaneView['lane'], active: number, limit: number, queued = 0): LaneView {
  return { lane, active, limit, queued: { high: 0, normal: queued, low: 0 } };
}

export function snapshotOf(seq: number, over: Partial<Snapshot> = {}): Snapshot {
  return {
    seq,
    runtime: {
      id: 'r1',
      version: '0.1.0',
      pid: 1,
      startedAt: 0,
      mode: 'dev_fast',
      port: 8000,
      panelUrl: null,
      metricsUrl: null,
      memory: { rss: 0, heap: 0, external: 0 },
      memoryLimit: 0,
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
    today: { nusd: 0, tokens: 0, estimated: false },
    approvals: [],
    issues: [],
    events: [],
    ...over,
  };
}

export function approvalView(over: Partial<ApprovalView> = {}): ApprovalView {
  return {
    approvalId: 'a1',
    runId: 'run-7',
    kind: 'write',
    title: 'Write src/a.ts',
    detail: '-old\n+new\u001b[2J',
    path: 'src/a.ts',
    protected: false,
    at: 0,
    ...over,
  };
}

export function summaryOf(over: Partial<RunSummary> = {}): RunSummary {
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
    ...over,
  };
}
