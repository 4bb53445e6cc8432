import { laneNames, lanes, type LaneName } from '../../src/catalogue/lanes.ts';
import type { CostRow, Page } from '../../src/protocol/messages.ts';
import type { BudgetUse, CostRecord, LedgerRow } from '../../src/protocol/rows.ts';
import { noCost } from '../../src/protocol/rows.ts';
import type {
  ApprovalView,
  BudgetStopView,
  LaneView,
  LateCall,
  RunView,
  Snapshot,
  TaskView,
} from '../../src/protocol/snapshot.ts';
import { laneView } from '../support/views.ts';

/** 2026-11-22 10:00:00 UTC */
export const then = Date.UTC(2026, 10, 22, 10, 0, 0);

export function costOf(nusd: number, input: number, output: number, more: Partial<CostRecord> = {}): CostRecord {
  const tokens = {
    input,
    cache_read: Math.floor(input / 2),
    cache_write: Math.floor(input / 8),
    cache_write_1h: 0,
    output,
    reasoning: Math.floor(output / 3),
  };
  return {
    ...noCost,
    tokens,
    nusd,
    cpuSeconds: input / 4000,
    memBytes: 93_500_000,
    diskBytes: 41_200,
    calls: 14,
    ...more,
  };
}

export function runView(more: Partial<RunView> = {}): RunView {
  return {
    runId: 'run-12',
    g: 12,
    prompt: 'Find every TODO older than a year, group them by owner and propose which can be closed',
    model: 'claude-sonnet-4-5',
    agent: 'default',
    status: 'running',
    waiting: null,
    stage: 'execute',
    tasksDone: 2,
    tasksTotal: 5,
    tasks: [],
    startedAt: then,
    elapsedMs: 65_000,
    cost: costOf(412_345_678, 48_211, 5_120),
    priceAs: null,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    traceVersion: 7,
    error: null,
    resumable: false,
    report: null,
    ...more,
  };
}

export function taskView(n: number, more: Partial<TaskView> = {}): TaskView {
  return {
    taskId: `task-${n}`,
    title: `Step ${n}`,
    depth: 1,
    state: 'running',
    stage: 'execute',
    elapsedMs: 12_000,
    tokens: 12_840,
    nusd: 61_200_000,
    estimated: false,
    unpricedCalls: 0,
    repeatable: false,
    ...more,
  };
}

const unbegun = { state: 'queued', stage: null, elapsedMs: 0, tokens: 0, nusd: 0 } as const;
const whole = (more: Partial<TaskView> = {}): TaskView =>
  taskView(0, { title: 'Find every TODO older than a year', depth: 0, stage: 'decompose', elapsedMs: 65_000, ...more });

/** A plan of four steps, of which the third is at work. */
export function tasksOfPlan(): readonly TaskView[] {
  return [
    whole(),
    taskView(1, {
      title: 'List the files that hold a TODO',
      state: 'done',
      stage: null,
      repeatable: true,
      elapsedMs: 9_400,
    }),
    taskView(2, {
      title: 'Ask git who wrote each of them, and when',
      state: 'done',
      stage: null,
      repeatable: true,
      tokens: 1_250_000,
      nusd: 1_402_000_000,
      estimated: true,
    }),
    taskView(3, { title: 'Read the 14 files that hold a TODO and note their age from git', elapsedMs: 31_000 }),
    taskView(4, { ...unbegun, title: 'Group them by owner and propose which can be closed' }),
  ];
}

/** Every state of a task at once, more tasks than are shown, and a second run under way; the newest is one task only. */
export function steeredSnapshot(): Snapshot {
  const full = fullSnapshot();
  const long = `Rewrite ${'packages/app/src/a/deeply/nested/folder/'.repeat(4)}index.ts`;
  const tasks = [
    whole(),
    taskView(1, { state: 'cancelled', stage: null, repeatable: true, title: 'Ask the issue tracker' }),
    taskView(2, {
      state: 'done',
      stage: null,
      repeatable: true,
      estimated: true,
      nusd: 14_998_120_000,
      tokens: 999_400,
    }),
    taskView(3, { title: long, stage: 'decompose', unpricedCalls: 3, nusd: 0, elapsedMs: 7_265_000 }),
    taskView(31, { depth: 2, state: 'done', stage: null, title: 'Read what is there' }),
    taskView(32, { depth: 2, state: 'paused', stage: 'budget_gate', title: `Move ${long}`, elapsedMs: 754_000 }),
    taskView(33, { depth: 2, state: 'failed', stage: null, title: 'Check that it builds' }),
    ...[4, 5, 6, 7, 8, 9].map((n) => taskView(n, { ...unbegun, title: `Rewrite package ${n}` })),
  ];
  return {
    ...full,
    runs: [
      runView({ tasks, tasksDone: 4, tasksTotal: 17 }),
      runView({
        runId: 'run-13',
        g: 13,
        startedAt: then - 1000,
        prompt: 'Replace moment with date-fns',
        status: 'waiting',
        waiting: 'approval',
        tasks: [whole(), taskView(131, { title: 'Replace it in packages/app', depth: 1 })],
      }),
      ...full.runs.slice(1),
    ],
    approvals: [],
  };
}

/** A run that is one task: its figures are the run's. */
export function oneTaskSnapshot(state: 'running' | 'paused' = 'running'): Snapshot {
  const waits = state === 'paused' ? ({ status: 'waiting', waiting: 'paused' } as const) : {};
  return {
    ...fullSnapshot(),
    runs: [
      runView({
        prompt: 'inventory',
        tasksDone: 0,
        tasksTotal: 1,
        tasks: [whole({ stage: 'execute', state })],
        ...waits,
      }),
    ],
    approvals: [],
  };
}

export function budgetUse(more: Partial<BudgetUse> = {}): BudgetUse {
  const use = {
    name: 'run',
    resource: 'usd',
    scope: 'run',
    key: 'run-12',
    window: 'lifetime',
    limit: 5e9,
    used: 412_345_678,
    reserved: 240_000_000,
    overridden: null,
    resetsAt: null,
    endsAt: null,
    ...more,
  } as const;
  return { ratio: use.used / use.limit, ...use };
}

export const approvals: readonly ApprovalView[] = [
  {
    approvalId: 'a1',
    runId: 'run-12',
    kind: 'write',
    title: 'Change src/report/weekly.ts',
    detail:
      '--- src/report/weekly.ts\n+++ src/report/weekly.ts\n@@ -12,4 +12,4 @@\n export function weekly(rows: Row[]) {\n-  // TODO(ann): remove after 2.3\n-  return rows.filter((r) => r.week === now());\n+  return rows.filter((row) => row.week === now());\n }\n',
    path: 'src/report/weekly.ts',
    protected: false,
    at: then + 60_000,
  },
  {
    approvalId: 'a2',
    runId: 'run-12',
    kind: 'command',
    title: 'Run git in .git/hooks',
    detail: 'git\nconfig\ncore.hooksPath\n.husky',
    path: null,
    protected: true,
    at: then + 62_000,
  },
];

export function emptySnapshot(): Snapshot {
  return {
    seq: 1,
    runtime: {
      id: 'rt-1',
      version: '0.1.0',
      pid: 4711,
      startedAt: then - 600_000,
      mode: 'dev_fast',
      port: 8000,
      panelUrl: 'http://127.0.0.1:8000/',
      metricsUrl: 'http://127.0.0.1:8000/metrics',
      memory: { rss: 98_300_000, heap: 41_000_000, external: 3_000_000 },
      memoryLimit: 536_870_912,
      cpuRatio: 0.07,
      ledger: 'ok',
      history: 'ok',
      trusted: true,
      spansDropped: 0,
      configError: null,
    },
    runs: [],
    lanes: laneNames.map((lane) => laneView(lane, 0, lanes[lane].limit)),
    global: { active: 0, limit: 32 },
    budgets: [budgetUse({ scope: 'user', key: 'user', window: 'day', limit: 40e9, used: 0, reserved: 0 })],
    today: { nusd: 0, tokens: 0, estimated: false, reckoned: false, unpricedCalls: 0 },
    approvals: [],
    stops: [],
    issues: [],
    events: [],
  };
}

export function fullSnapshot(): Snapshot {
  const empty = emptySnapshot();
  const active: Readonly<Record<string, number>> = {
    model_call: 3,
    tool_call: 8,
    file_read: 11,
    file_write: 1,
    critic: 1,
  };
  return {
    ...empty,
    runs: [
      runView({
        tasks: tasksOfPlan(),
        priceAs: 'claude-sonnet-4-5',
        model: 'offline',
        cost: costOf(412_345_678, 48_211, 5_120, { estimated: true, unpricedCalls: 2 }),
      }),
      runView({
        runId: 'run-11',
        g: 11,
        status: 'succeeded',
        prompt: 'Inventory of this repository',
        elapsedMs: 3_912,
        startedAt: then - 1e6,
        report: '.haios/reports/report_g011.md',
        cost: costOf(1_204_000_000, 120_000, 9_000),
      }),
      runView({
        runId: 'run-10',
        g: 10,
        status: 'budget_exceeded',
        prompt: 'Replace moment with date-fns in packages/**/*.ts',
        elapsedMs: 754_000,
        startedAt: then - 2e6,
        resumable: true,
        error: 'The budget “usd” of the run does not allow the next call.',
        cost: costOf(4_998_120_000, 820_411, 44_020),
      }),
      runView({
        runId: 'run-9',
        g: 9,
        status: 'failed',
        prompt: `Explain ${'a very long prompt that goes on and on '.repeat(12)}`,
        elapsedMs: 12_000,
        startedAt: then - 3e6,
        cost: costOf(0, 800, 90, { unpricedCalls: 3 }),
      }),
      runView({
        runId: 'run-8',
        g: 8,
        status: 'interrupted',
        prompt: 'links docs/**/*.md',
        elapsedMs: 4_000,
        startedAt: then - 4e6,
        resumable: true,
        cost: costOf(40_000, 100, 20),
      }),
    ],
    lanes: empty.lanes.map((lane) => ({
      ...lane,
      active: active[lane.lane] ?? 0,
      queued:
        lane.lane === 'tool_call'
          ? { high: 1, normal: 9, low: 2 }
          : lane.lane === 'model_call'
            ? { high: 0, normal: 1, low: 0 }
            : lane.queued,
    })),
    global: { active: 24, limit: 32 },
    budgets: [
      budgetUse({ resource: 'mem_bytes', limit: 536_870_912, used: 570_000_000, reserved: 0 }),
      budgetUse({ scope: 'user', key: 'user', window: 'day', limit: 40e9, used: 37.2e9, reserved: 0.24e9 }),
      budgetUse({ scope: 'model', key: 'gpt-5*', window: 'week', limit: 2e9, used: 0.9e9, reserved: 0.3e9 }),
      budgetUse(),
      budgetUse({ resource: 'tokens', limit: 2_000_000, used: 73_331, reserved: 12_000 }),
      budgetUse({ resource: 'cpu_seconds', limit: 3600, used: 42.25, reserved: 0 }),
      budgetUse({ resource: 'disk_bytes', limit: 1_073_741_824, used: 1_204_000, reserved: 0 }),
    ],
    today: { nusd: 6_614_505_678, tokens: 1_204_551, estimated: true, reckoned: false, unpricedCalls: 0 },
    approvals,
    issues: [
      {
        issueId: 'i1',
        code: 'BUDGET_EXCEEDED',
        message: 'Run g10 was stopped: $5.00 of the run’s budget do not allow the next call ($0.0031).',
        runId: 'run-10',
        at: then - 1.9e6,
        closedAt: null,
      },
      {
        issueId: 'i2',
        code: 'ALERT',
        message: 'Lane tool_call is over 80 % for 5 minutes.',
        runId: null,
        at: then - 6e5,
        closedAt: null,
      },
    ],
    events: Array.from({ length: 20 }, (_, n) => ({
      id: n + 1,
      at: then + n * 3100,
      level: n === 7 ? 'warning' : n === 15 ? 'error' : 'info',
      runId: n % 5 === 0 ? null : 'run-12',
      text:
        n === 7
          ? 'Budget usd of the user, day: 93 % used'
          : n === 15
            ? 'file_read failed: packages/app/src/a/deeply/nested/folder/with/a/long/name/and/then/some/file.test.ts is binary'
            : `file_read src/part-${n}.ts took a slot after ${n * 3} ms`,
    })),
  };
}

/** A run stopped by its own budget, one by the day's, one by a person, and one by a model's with a name that does not end. */
export function stops(): readonly BudgetStopView[] {
  const midnight = new Date(then).setHours(24, 0, 0, 0);
  const run = budgetUse({ limit: 1e9, used: 980_000_000, reserved: 0 });
  const day = budgetUse({
    name: 'day',
    scope: 'user',
    key: 'user',
    window: 'day',
    limit: 40e9,
    used: 37.2e9,
    reserved: 2.24e9,
    resetsAt: midnight,
  });
  const stop: BudgetStopView = {
    runId: 'run-12',
    g: 12,
    at: then + 61_000,
    budget: run,
    asked: 110_000_000,
    message: 'The run budget of $1.00 does not allow the next call: $0.98 spent, $0.00 held, $0.11 asked.',
    raises: [2e9, 5e9],
    freesAt: null,
    waits: false,
    cheaper: ['claude-haiku-4-5'],
  };
  return [
    stop,
    {
      ...stop,
      runId: 'run-11',
      g: 11,
      budget: day,
      asked: 612_345_678,
      message: 'The daily budget of $40.00 does not allow the next call: $37.20 spent, $2.24 held, $0.61 asked.',
      raises: [50e9, 80e9],
      freesAt: midnight,
      cheaper: ['claude-haiku-4-5', `a-model/${'with-a-long-name-'.repeat(6)}`, 'gpt-5-nano'],
    },
    {
      ...stop,
      runId: 'run-10',
      g: 10,
      budget: null,
      asked: 0,
      message: 'A person asked it to stop after its call.',
      raises: [],
      cheaper: [],
    },
  ];
}

/** Three runs that wait for budgets, and thirty budgets of every kind. */
export function stoppedSnapshot(): Snapshot {
  const full = fullSnapshot();
  const waiting = stops();
  const midnight = new Date(then).setHours(24, 0, 0, 0);
  const use = waiting.flatMap(({ budget }) => (budget === null ? [] : [budget]));
  const many = Array.from({ length: 28 }, (_, n) =>
    budgetUse({
      name: `budget-${n}`,
      scope: n % 3 === 0 ? 'agent' : n % 3 === 1 ? 'model' : 'workspace',
      key: n === 1 ? `openrouter/${'a-very-long-model-name-'.repeat(8)}` : `key-${n}`,
      window: n % 2 === 0 ? 'day' : 'hour',
      limit: 2e9,
      used: Math.round((1.9e9 * (28 - n)) / 28),
      reserved: n % 4 === 0 ? 0.05e9 : 0,
      overridden: n === 0 ? { limit: 1e9, until: midnight } : null,
      resetsAt: n % 2 === 0 ? midnight : null,
      endsAt: n < 2 ? then + 3_600_000 * 5 : null,
    }),
  );
  return {
    ...full,
    runs: full.runs.map((run) =>
      waiting.some(({ runId }) => runId === run.runId)
        ? { ...run, status: 'waiting', waiting: 'budget', error: null, resumable: true }
        : run,
    ),
    budgets: [...use, ...many],
    stops: waiting,
  };
}

/** Every special thing about lanes at once, seen at `now`: borrowing, lending, load, a pause, a drain, late and stuck calls. */
export function strainedSnapshot(now: number): Snapshot {
  const full = fullSnapshot();
  const stats = { success: 10_482, failure: 31, timeouts: 4, rejections: 2, avgMs: 1840, p95Ms: 7250, p99Ms: 61_300 };
  const late = (what: string, phase: LateCall['phase'], ms: number, limitMs = 300_000): LateCall => ({
    what,
    runId: 'run-12',
    phase,
    startedAt: now - ms,
    limitMs,
    limitReason:
      phase === 'abort'
        ? `learnt from 120 calls of ${what}: 3 × their 99th percentile, from timeouts.adaptive_min_ms`
        : 'timeouts.default_ms',
  });
  const special: Partial<Record<LaneName, Partial<LaneView>>> = {
    model_call: {
      active: 2,
      limit: 0,
      queued: { high: 0, normal: 7, low: 0 },
      load: { reason: '2 of 4 slots: the provider answered 429', until: now + 12_000 },
      stats,
    },
    tool_call: {
      active: 12,
      limit: 12,
      maximum: 16,
      borrowed: 4,
      queued: { high: 1, normal: 125, low: 2 },
      late: [
        late('npm test', 'kill', 512_000),
        late('run_command: npx vitest run packages/app/src/a/deeply/nested/folder', 'warning', 252_000, 240_000),
        late('search_files', 'abort', 31_000, 20_000),
        late('git blame', 'warning', 21_000, 20_000),
      ],
      stats: { ...stats, timeouts: 12 },
    },
    file_read: { active: 3, limit: 12, borrowed: -4, maximum: 24 },
    file_write: { active: 1, state: 'paused', queued: { high: 0, normal: 3, low: 0 } },
    critic: { active: 2, state: 'draining', queued: { high: 0, normal: 1, low: 0 } },
  };
  return {
    ...full,
    lanes: full.lanes.map((lane) => ({ ...lane, ...special[lane.lane] })),
    global: { active: 20, limit: 32 },
  };
}

/** Groups as the runtime answers; at other prices everything costs a quarter and is no resource. */
export function costRows(by: string, priceAs: string | null = null): readonly CostRow[] {
  if (priceAs === null) return paidRows(by);
  return paidRows(by).map((row) => ({
    ...row,
    label: row.key,
    priceAs,
    cost: { ...row.cost, nusd: Math.round(row.cost.nusd / 4), unpricedCalls: 0 },
  }));
}

function paidRows(by: string): readonly CostRow[] {
  return rowsBy(by).map((row) => ({
    ...row,
    parts: {
      estimatedCalls: row.cost.estimated ? 2 : 0,
      estimatedNusd: row.cost.estimated ? Math.round(row.cost.nusd / 3) : 0,
      unpricedTokens: row.cost.unpricedCalls * 413,
    },
  }));
}

function rowsBy(by: string): readonly Omit<CostRow, 'parts'>[] {
  const plain = { priceAs: null, amount: null, unit: null };
  switch (by) {
    case 'run':
      return [
        {
          ...plain,
          key: 'run-12',
          label: 'g12 · Find every TODO older than a year, group them by owner and propose which can be closed',
          cost: costOf(412_345_678, 48_211, 5_120, { estimated: true }),
        },
        {
          ...plain,
          key: 'run-11',
          label: 'g11 · Inventory of this repository',
          cost: costOf(1_204_000_000, 120_000, 9_000),
        },
        {
          ...plain,
          key: 'run-10',
          label: 'g10 · Replace moment with date-fns in packages/**/*.ts',
          cost: costOf(14_998_120_000, 1_820_411, 44_020, { calls: 214 }),
        },
        {
          ...plain,
          key: 'run-9',
          label: 'g9 · Explain <b>bold</b>',
          cost: costOf(0, 800, 90, { unpricedCalls: 3, calls: 3 }),
        },
      ];
    case 'model':
      return [
        {
          ...plain,
          key: 'claude-sonnet-4-5',
          label: 'claude-sonnet-4-5',
          cost: costOf(15_616_465_678, 1_948_211, 54_120),
        },
        { ...plain, key: 'qwen3', label: 'qwen3', cost: costOf(0, 800, 90, { unpricedCalls: 3, calls: 3 }) },
      ];
    case 'agent':
      return [
        { ...plain, key: 'default', label: 'default', cost: costOf(15_616_465_678, 1_948_211, 54_120) },
        { ...plain, key: 'reviewer', label: 'reviewer', cost: costOf(998_000_000, 40_411, 4_020) },
      ];
    case 'task':
      return [
        {
          ...plain,
          key: 'task-1',
          label: 'g12 · Read the 14 files that hold a TODO and note their age from git',
          cost: costOf(412_345_678, 48_211, 5_120),
        },
        { ...plain, key: 'task-2', label: 'task-2', cost: costOf(1_204_000_000, 120_000, 9_000) },
      ];
    case 'day':
      return [
        { ...plain, key: '2026-11-22', label: '2026-11-22', cost: costOf(1_616_345_678, 168_211, 14_120) },
        {
          ...plain,
          key: '2026-11-21',
          label: '2026-11-21',
          cost: costOf(14_998_120_000, 1_820_411, 44_020, { calls: 214 }),
        },
      ];
    default: {
      const cost = costOf(16_614_465_678, 1_988_622, 58_140, { calls: 231 });
      return [
        { key: 'usd', label: 'usd', cost, priceAs: null, amount: 16_614_465_678, unit: 'nusd' },
        { key: 'tokens', label: 'tokens', cost, priceAs: null, amount: 3_297_000, unit: 'tokens' },
        { key: 'cpu_seconds', label: 'cpu_seconds', cost, priceAs: null, amount: 497.16, unit: 's' },
        { key: 'mem_bytes', label: 'mem_bytes', cost, priceAs: null, amount: 93_500_000, unit: 'bytes' },
        { key: 'disk_bytes', label: 'disk_bytes', cost, priceAs: null, amount: 164_800, unit: 'bytes' },
      ];
    }
  }
}

export function ledgerRow(n: number, more: Partial<LedgerRow> = {}): LedgerRow {
  return {
    callId: `call-${n}`,
    runId: 'run-12',
    taskId: 'task-1',
    agent: 'default',
    role: 'executor',
    model: 'claude-sonnet-4-5',
    responseModel: 'claude-sonnet-4-5-20250929',
    workspace: null,
    at: then + n * 1000,
    settledAt: then + n * 1000 + 800,
    state: 'settled',
    reservedNusd: 60_000_000,
    reservedTokens: 9000,
    tokens: { input: 1200 + n, cache_read: 8000, cache_write: 0, cache_write_1h: 0, output: 310, reasoning: 120 },
    nusd: 13_003_000 + n * 3000,
    pricing: 'priced',
    estimated: false,
    rates: [],
    priceSource: 'genai-prices 0.1.8',
    serviceTier: null,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    ...more,
  };
}

/** 130 calls in two pages. */
export function callsPage(cursor: unknown): Page<LedgerRow> {
  const odd: Readonly<Record<number, Partial<LedgerRow>>> = {
    0: { state: 'sent', nusd: 0 },
    1: { estimated: true },
    2: { pricing: 'unpriced', nusd: 0, model: 'qwen3' },
    3: { pricing: 'free', nusd: 0, model: 'offline' },
    4: { pricing: 'as', model: 'offline' },
    5: { state: 'released', nusd: 0 },
    6: {
      nusd: 61_500_000,
      tokens: { input: 4000, cache_read: 0, cache_write: 512, cache_write_1h: 4096, output: 900, reasoning: 120 },
      serviceTier: 'flex',
      priceSource: 'genai-prices 0.1.8 (2026-10-01)',
    },
  };
  const from = cursor === '100' ? 100 : 0;
  const to = cursor === '100' ? 130 : 100;
  return {
    rows: Array.from({ length: to - from }, (_, n) => ledgerRow(from + n, odd[from + n] ?? {})),
    next: to < 130 ? String(to) : null,
  };
}

export const explanation = `call-1  claude-sonnet-4-5 (genai-prices 0.1.8)

input        1 201 tokens × $3.00 / M   = $0.003603
cache read   8 000 tokens × $0.30 / M   = $0.002400
output         310 tokens × $15.00 / M  = $0.004650
reasoning      120 tokens × $15.00 / M  = $0.001800
                                  total = $0.012453`;

export const priceIds = [
  'claude-sonnet-4-5',
  'gpt-5-mini',
  'anthropic/claude-haiku-4-5-20251001',
  'gemini-2.5-flash-lite',
];

export function answer(method: string, params: { readonly [key: string]: unknown }): unknown {
  if (method === 'costs') {
    const priceAs = params['priceAs'];
    return costRows(String(params['by']), typeof priceAs === 'string' ? priceAs : null);
  }
  if (method === 'priceIds') return priceIds;
  if (method === 'calls') return callsPage(params['cursor']);
  if (method === 'explain') return explanation;
  return null;
}
