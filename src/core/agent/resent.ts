import type { ModelRole } from '../../catalogue/states.ts';
import { inputTokens, totalTokens, type Tokens } from '../../protocol/rows.ts';
import { HaiosError, isHaiosError } from '../errors.ts';
import type { Caller } from './caller.ts';
import type { TaskState, TaskUse } from './checkpoint.ts';

/**
 * Counts the part of a call's input that is no new work: what the task's call before it, in the same role, had carried
 * already, as input or as its answer. Returns the sum over the task.
 */
export function countResent(use: TaskUse, role: ModelRole, tokens: Tokens): number {
  const before = use.resent ?? 0;
  const total = totalTokens(tokens);
  if (total === 0) return before;
  const again = use.last?.role === role ? Math.min(inputTokens(tokens), use.last.tokens) : 0;
  use.last = { role, tokens: total };
  return (use.resent = before + again);
}

/** Of a task and all its steps, by task id. */
export function resentOf(state: TaskState): [string, number][] {
  return [[state.taskId, state.used?.resent ?? 0], ...state.children.flatMap(resentOf)];
}

/** A refusal of tokens says how many of those that were spent were context sent again: they count like any other. */
export function sayResent(error: unknown, task: Caller): unknown {
  if (!isHaiosError(error)) return error;
  const { limit, quota } = error.details as { limit?: { resource?: string; scope?: string }; quota?: string };
  const ofTask = quota === 'tokens' || (limit?.resource === 'tokens' && limit.scope === 'task');
  const ofRun = limit?.resource === 'tokens' && limit.scope === 'run';
  const resent = ofTask ? task.resent : ofRun ? task.context.run.resent : 0;
  if (resent === 0) return error;
  return new HaiosError(
    error.code,
    `${error.message} All tokens count, of which ${resent} so far were context sent again.`,
    { cause: error.cause, details: error.details },
  );
}
