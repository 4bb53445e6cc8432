import type { RunRow, TaskRow } from '../../protocol/rows.ts';
import type { Fields } from '../sql.ts';
import { json, number, numberOrNull, oneOf, text, textOrNull } from '../sql.ts';
import { costFields, costOf } from './cost.ts';

export function runFields(run: RunRow): Fields {
  return {
    run_id: run.runId,
    g: run.g,
    prompt: run.prompt,
    workspace: run.workspace,
    model: run.model,
    agent: run.agent,
    priority: run.priority,
    approve: run.approve,
    budget: JSON.stringify(run.budget),
    status: run.status,
    waiting: run.waiting,
    trace_id: run.traceId,
    runtime_id: run.runtimeId,
    started_at: Math.round(run.startedAt),
    ended_at: run.endedAt === null ? null : Math.round(run.endedAt),
    duration_ms: run.durationMs,
    ...costFields(run.cost),
    tasks: run.tasks,
    worker_calls: run.workerCalls,
    price_as: run.priceAs,
    labels: JSON.stringify(run.labels),
    error_code: run.error?.code ?? null,
    error_message: run.error?.message ?? null,
    text: run.text,
  };
}

export function runOf(fields: Fields): RunRow {
  return {
    runId: text(fields, 'run_id'),
    g: number(fields, 'g'),
    prompt: text(fields, 'prompt'),
    workspace: textOrNull(fields, 'workspace'),
    model: text(fields, 'model'),
    agent: text(fields, 'agent'),
    priority: oneOf(fields, 'priority'),
    approve: oneOf(fields, 'approve'),
    budget: json(fields, 'budget'),
    status: oneOf(fields, 'status'),
    waiting: fields['waiting'] === null ? null : oneOf(fields, 'waiting'),
    traceId: text(fields, 'trace_id'),
    runtimeId: text(fields, 'runtime_id'),
    startedAt: number(fields, 'started_at'),
    endedAt: numberOrNull(fields, 'ended_at'),
    durationMs: number(fields, 'duration_ms'),
    cost: costOf(fields),
    tasks: number(fields, 'tasks'),
    workerCalls: number(fields, 'worker_calls'),
    priceAs: textOrNull(fields, 'price_as'),
    labels: json(fields, 'labels'),
    error:
      fields['error_code'] === null
        ? null
        : { code: oneOf(fields, 'error_code'), message: text(fields, 'error_message') },
    text: text(fields, 'text'),
  };
}

/** The task's own columns; its cost is a row of `cost_records`. */
export function taskFields(task: TaskRow): Fields {
  return {
    task_id: task.taskId,
    run_id: task.runId,
    parent_task_id: task.parentTaskId,
    span_id: task.spanId,
    title: task.title,
    type: task.type,
    size: task.size,
    depth: task.depth,
    status: task.status,
    started_at: Math.round(task.startedAt),
    ended_at: task.endedAt === null ? null : Math.round(task.endedAt),
    error: task.error,
  };
}

/** From a task joined with its cost record. */
export function taskOf(fields: Fields): TaskRow {
  return {
    taskId: text(fields, 'task_id'),
    runId: text(fields, 'run_id'),
    parentTaskId: textOrNull(fields, 'parent_task_id'),
    spanId: text(fields, 'span_id'),
    title: text(fields, 'title'),
    type: oneOf(fields, 'type'),
    size: oneOf(fields, 'size'),
    depth: number(fields, 'depth'),
    status: oneOf(fields, 'status'),
    startedAt: number(fields, 'started_at'),
    endedAt: numberOrNull(fields, 'ended_at'),
    cost: costOf(fields),
    error: textOrNull(fields, 'error'),
  };
}
