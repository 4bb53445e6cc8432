import type { Ask, LedgerLimit, LimitUse, Settlement } from '../../../src/core/ports.ts';
import type { CostRecord, RunRow, SpanRow, TaskRow } from '../../../src/protocol/rows.ts';
import { noCost, noTokens } from '../../../src/protocol/rows.ts';

export const at = Date.UTC(2026, 10, 20, 12);

export function run(runId: string, change: Partial<RunRow> = {}): RunRow {
  return {
    runId,
    g: 1,
    prompt: 'inventory',
    workspace: '/w',
    model: 'offline',
    agent: 'default',
    priority: 'normal',
    approve: 'ask',
    budget: { usd: 1 },
    status: 'running',
    waiting: null,
    traceId: 't'.repeat(32),
    runtimeId: 'runtime-a',
    startedAt: at,
    endedAt: null,
    durationMs: 0,
    cost: noCost,
    tasks: 0,
    workerCalls: 0,
    priceAs: null,
    labels: [],
    error: null,
    text: '',
    ...change,
  };
}

export function task(taskId: string, runId: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    taskId,
    runId,
    parentTaskId: null,
    spanId: `span-of-${taskId}`,
    title: taskId,
    type: 'inspect',
    size: 'S',
    depth: 0,
    status: 'running',
    startedAt: at,
    endedAt: null,
    cost: noCost,
    error: null,
    ...change,
  };
}

export function span(spanId: string, runId: string, change: Partial<SpanRow> = {}): SpanRow {
  return {
    traceId: 't'.repeat(32),
    spanId,
    parentSpanId: null,
    runId,
    taskId: null,
    name: 'worker_call:file_read',
    kind: 'worker_call',
    stage: null,
    lane: 'file_read',
    status: 'ok',
    startedAt: at + 0.25,
    durationMs: 1.5,
    tokens: 0,
    nusd: 0,
    estimated: false,
    error: null,
    attributes: { 'haios.lane': 'file_read', 'haios.wait_ms': 0.5 },
    events: [{ name: 'call_completed', at, attributes: {} }],
    children: 0,
    ...change,
  };
}

export function cost(nusd: number, change: Partial<CostRecord> = {}): CostRecord {
  return { ...noCost, nusd, calls: 1, tokens: { ...noTokens, input: nusd }, ...change };
}

export function ask(callId: string, change: Partial<Ask> = {}): Ask {
  return {
    callId,
    runtimeId: 'runtime-a',
    runId: 'run-1',
    taskId: 'task-1',
    agent: 'default',
    role: 'executor',
    model: 'gpt-5-mini',
    workspace: '/w',
    nusd: 100,
    tokens: 10,
    at,
    traceId: 't'.repeat(32),
    spanId: 's'.repeat(16),
    ...change,
  };
}

export function settlement(nusd: number, change: Partial<Settlement> = {}): Settlement {
  return {
    tokens: { ...noTokens, input: 3, output: 4 },
    nusd,
    pricing: 'priced',
    estimated: false,
    rates: [{ bucket: 'input', tokens: 3, usdPerMillion: 1, nusd }],
    priceSource: 'test prices',
    responseModel: 'gpt-5-mini-2026',
    serviceTier: null,
    at,
    ...change,
  };
}

export function limit(amount: number, change: Partial<LedgerLimit> = {}): LedgerLimit {
  return {
    name: 'user usd',
    resource: 'usd',
    scope: 'user',
    key: 'user',
    window: 'lifetime',
    limit: amount,
    since: 0,
    until: null,
    ...change,
  };
}

export function use(settled: number, held: number, limit: number, change: Partial<LimitUse> = {}): LimitUse {
  return { settled, held, limit, override: null, freesAt: null, ...change };
}
