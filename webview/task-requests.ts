import type { TaskAction } from '../src/protocol/messages.ts';
import type { RunView, TaskView } from '../src/protocol/snapshot.ts';
import type { Outcome } from './remote.ts';

/**
 * What was asked of a task here: `wanted` is sent next, `sent` waits for its answer, `refused` says why until the task
 * has gone on from `state`, or something else is asked of it.
 */
export type TaskRequest =
  | { readonly phase: 'wanted' | 'sent'; readonly runId: string; readonly action: TaskAction }
  | { readonly phase: 'refused'; readonly message: string; readonly state: TaskView['state'] | null };

/** Why a page that only reads offers nothing. */
export const readOnlyTasks = 'This page is read-only: tasks are steered in the VS Code window that runs them.';

/** By task id. */
export type TaskRequests = Readonly<Record<string, TaskRequest>>;

/** One thing at a time: what is asked of a task that was not answered yet is let be. */
export function wantTask(requests: TaskRequests, runId: string, taskId: string, action: TaskAction): TaskRequests {
  return isBusy(requests[taskId]) ? requests : { ...requests, [taskId]: { phase: 'wanted', runId, action } };
}

export function sentTask(requests: TaskRequests, taskId: string): TaskRequests {
  const request = requests[taskId];
  return request?.phase === 'wanted' ? { ...requests, [taskId]: { ...request, phase: 'sent' } } : requests;
}

export function settleTask(
  requests: TaskRequests,
  taskId: string,
  outcome: Outcome<unknown>,
  runs: readonly RunView[],
): TaskRequests {
  // That the runtime is lost is said at the top.
  if (outcome.ok || outcome.error.code === 'RUNTIME_LOST') return without(requests, taskId);
  const state = find(runs, taskId)?.state ?? null;
  return { ...requests, [taskId]: { phase: 'refused', message: outcome.error.message, state } };
}

/** Lets go of refusals that say nothing about the tasks as they are now. */
export function forgetRefusals(requests: TaskRequests, runs: readonly RunView[]): TaskRequests {
  const old = Object.entries(requests)
    .filter(([taskId, request]) => request.phase === 'refused' && find(runs, taskId)?.state !== request.state)
    .map(([taskId]) => taskId);
  return old.reduce(without, requests);
}

export function isBusy(request: TaskRequest | undefined): boolean {
  return request?.phase === 'wanted' || request?.phase === 'sent';
}

function find(runs: readonly RunView[], taskId: string): TaskView | undefined {
  return runs.flatMap(({ tasks }) => tasks).find((task) => task.taskId === taskId);
}

function without(requests: TaskRequests, taskId: string): TaskRequests {
  return Object.fromEntries(Object.entries(requests).filter(([known]) => known !== taskId));
}
