import type { TaskAction } from '../../protocol/messages.ts';
import type { RuntimeHost } from './runtime-host.ts';

export interface TaskRef {
  readonly runId: string;
  readonly taskId: string;
}

/** The task that a command was called on: a node of the trace tree; null for anything else. */
export function taskOf(argument: unknown): TaskRef | null {
  if (typeof argument !== 'object' || argument === null || !('runId' in argument) || !('row' in argument)) return null;
  const { runId, row } = argument;
  if (typeof runId !== 'string' || typeof row !== 'object' || row === null || !('taskId' in row)) return null;
  return typeof row.taskId === 'string' ? { runId, taskId: row.taskId } : null;
}

/** Rejects with the runtime’s sentence when the task is not at work (any more). */
export async function controlTask(host: RuntimeHost, argument: unknown, action: TaskAction): Promise<void> {
  const task = taskOf(argument);
  if (task !== null) await host.request('controlTask', { ...task, action });
}
