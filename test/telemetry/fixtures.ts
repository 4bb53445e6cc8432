import { laneNames, sandboxes } from '../../src/catalogue/lanes.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import { noCost, noTokens, type RunRow, type SpanRow, type TaskRow } from '../../src/protocol/rows.ts';
import type { Log } from '../../src/telemetry/log.ts';
import type { Sources } from '../../src/telemetry/signals.ts';
import { laneView } from '../support/views.ts';

export const traceId = '0af7651916cd43dd8448eb211c80319c';

export function sources(over: Partial<Sources> = {}): Sources {
  return {
    lanes: () => laneNames.map((lane) => laneView(lane, 1, 4, 2)),
    budgets: () => [],
    warnAt: () => 0.9,
    memory: () => ({ rss: 3, heap: 2, external: 1 }),
    cpuRatio: () => 0.25,
    lastCostReportAt: () => null,
    sandboxes: () => sandboxes.map((sandbox) => ({ sandbox, total: 8, available: 5 })),
    known: () => ({ agents: ['default'], models: ['offline'] }),
    ...over,
  };
}

export function run(over: Partial<RunRow> = {}): RunRow {
  return {
    runId: 'run-1',
    g: 7,
    prompt: 'todo',
    workspace: null,
    model: 'offline',
    agent: 'default',
    priority: 'normal',
    approve: 'none',
    budget: {},
    status: 'running',
    waiting: null,
    traceId,
    runtimeId: 'runtime-1',
    startedAt: 1_700_000_000_000,
    endedAt: null,
    durationMs: 0,
    cost: noCost,
    tasks: 1,
    workerCalls: 0,
    priceAs: null,
    labels: [],
    error: null,
    text: '',
    ...over,
  };
}

export function task(over: Partial<TaskRow> = {}): TaskRow {
  return {
    taskId: 'task-1',
    runId: 'run-1',
    parentTaskId: null,
    spanId: '00000000000000a1',
    title: 'todo',
    type: 'inspect',
    size: 'S',
    depth: 0,
    status: 'succeeded',
    startedAt: 1_700_000_000_000,
    endedAt: 1_700_000_001_000,
    cost: noCost,
    error: null,
    ...over,
  };
}

export function span(over: Partial<SpanRow> = {}): SpanRow {
  return {
    traceId,
    spanId: '00000000000000b2',
    parentSpanId: '00000000000000a1',
    runId: 'run-1',
    taskId: 'task-1',
    name: 'worker_call:file_read',
    kind: 'worker_call',
    stage: null,
    lane: 'file_read',
    status: 'ok',
    startedAt: 1_700_000_000_000.25,
    durationMs: 12.5,
    tokens: 0,
    nusd: 0,
    estimated: false,
    error: null,
    attributes: { 'haios.lane': 'file_read' },
    events: [{ name: 'acquired_slot', at: 1_700_000_000_001, attributes: { lane: 1 } }],
    children: 0,
    ...over,
  };
}

export function settled(nusd: number, over: Partial<Extract<CoreEvent, { type: 'call_settled' }>> = {}): CoreEvent {
  return {
    type: 'call_settled',
    callId: 'call-1',
    agent: 'default',
    model: 'offline',
    role: 'executor',
    tokens: noTokens,
    nusd,
    pricing: 'priced',
    estimated: false,
    overrun: { nusd: 0, tokens: 0 },
    ...over,
  };
}

/** A log that keeps its lines. */
export function memoryLog(): Log & { readonly lines: { level: string; message: string; fields: unknown }[] } {
  const lines: { level: string; message: string; fields: unknown }[] = [];
  const at = (level: string) => (message: string, fields?: unknown) => void lines.push({ level, message, fields });
  const log = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: () => log,
    setLevel: () => undefined,
  };
  return log;
}
