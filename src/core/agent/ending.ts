import { isAbort, isHaiosError } from '../errors.ts';

/** What a run or a task is after what ended it. A runtime that goes away interrupts its runs: they can be resumed. */
export function statusAfter(failure: unknown): 'budget_exceeded' | 'interrupted' | 'cancelled' | 'failed' {
  if (isBudgetStop(failure)) return 'budget_exceeded';
  if (isHaiosError(failure, 'RUNTIME_LOST')) return 'interrupted';
  return isAbort(failure) ? 'cancelled' : 'failed';
}

/** Whether a budget or a quota of the task does not allow the next call. */
export function isBudgetStop(failure: unknown): boolean {
  return isHaiosError(failure, 'BUDGET_EXCEEDED') || isHaiosError(failure, 'QUOTA_EXCEEDED');
}

export function spanStatusAfter(failure: unknown): 'interrupted' | 'cancelled' | 'error' {
  const status = statusAfter(failure);
  return status === 'interrupted' || status === 'cancelled' ? status : 'error';
}
