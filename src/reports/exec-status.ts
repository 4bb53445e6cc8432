import { exactUsd, formatG } from '../protocol/money.ts';
import { addCost, noCost, totalTokens } from '../protocol/rows.ts';
import type { CostRecord, RunRow, TaskRow } from '../protocol/rows.ts';
import { quoted } from './escape.ts';
import { buckets, isoTime } from './format.ts';

/** File name of a run's execution status. */
export function execStatusName(g: number): string {
  return `exec_status_g${formatG(g)}.txt`;
}

/**
 * `exec_status_g###.txt` [ADR-OS-019 19-O3]: one entry per task with its `cost_record`, its subtasks excluded, and the
 * run's total, which is the sum of the entries (memory: the highest). The text is YAML as well.
 */
export function execStatus(run: RunRow, tasks: readonly TaskRow[], writtenAt: number): string {
  const total = tasks.reduce<CostRecord>((sum, task) => addCost(sum, task.cost), noCost);
  const lines = [
    '# HAiOS execution status',
    `g: ${run.g}`,
    `run: ${quoted(run.runId)}`,
    `trace_id: ${quoted(run.traceId)}`,
    `status: ${run.status}`,
    ...(run.waiting === null ? [] : [`waiting_for: ${run.waiting}`]),
    ...(run.error === null ? [] : [`error: ${quoted(`${run.error.code}: ${run.error.message}`)}`]),
    `prompt: ${quoted(run.prompt)}`,
    `agent: ${quoted(run.agent)}`,
    `model: ${quoted(run.model)}`,
    `price_as: ${run.priceAs === null ? 'null' : quoted(run.priceAs)}`,
    `started_at: ${isoTime(run.startedAt)}`,
    `ended_at: ${run.endedAt === null ? 'null' : isoTime(run.endedAt)}`,
    `duration_ms: ${Math.round(run.durationMs)}`,
    `written_at: ${isoTime(writtenAt)}`,
    tasks.length === 0 ? 'tasks: []' : 'tasks:',
    ...tasks.flatMap(entry),
    '',
    `# The sum of the ${tasks.length} ${tasks.length === 1 ? 'entry' : 'entries'} above; mem_bytes is the highest.`,
    'total:',
    ...costRecord(total, '  '),
  ];
  return `${lines.join('\n')}\n`;
}

function entry(task: TaskRow): readonly string[] {
  return [
    `  - task: ${quoted(task.taskId)}`,
    `    parent: ${task.parentTaskId === null ? 'null' : quoted(task.parentTaskId)}`,
    `    title: ${quoted(task.title)}`,
    `    type: ${task.type}`,
    `    size: ${task.size}`,
    `    status: ${task.status}`,
    ...(task.error === null ? [] : [`    error: ${quoted(task.error)}`]),
    `    span_id: ${quoted(task.spanId)}`,
    `    started_at: ${isoTime(task.startedAt)}`,
    `    ended_at: ${task.endedAt === null ? 'null' : isoTime(task.endedAt)}`,
    '    cost_record:',
    ...costRecord(task.cost, '      '),
  ];
}

function costRecord(cost: CostRecord, indent: string): readonly string[] {
  return [
    `cpu_seconds: ${cost.cpuSeconds.toFixed(6)}`,
    `mem_bytes: ${cost.memBytes}`,
    `disk_bytes: ${cost.diskBytes}`,
    'tokens:',
    ...buckets.map((bucket) => `  ${bucket}: ${cost.tokens[bucket]}`),
    `  total: ${totalTokens(cost.tokens)}`,
    `usd: ${exactUsd(cost.nusd)}`,
    `usd_nano: ${cost.nusd}`,
    `calls: ${cost.calls}`,
    `estimated: ${cost.estimated}`,
    `unpriced_calls: ${cost.unpricedCalls}`,
  ].map((line) => indent + line);
}
