import { isAbort, isHaiosError } from '../errors.ts';

/** What a run or a task is after what ended it. A runtime that goes away interrupts its runs: they can be resumed. */
export function statusAfter(failure: unknown): 'budget_exceeded' | 'interrupted' | 'cancelled' | 'failed' {
  if (isHaiosError(failure, 'BUDGET_EXCEEDED')) return 'budget_exceeded';
  if (isHaiosError(failure, 'RUNTIME_LOST')) return 'interrupted';
  return isAbort(failure) ? 'cancelled' : 'failed';
}

export function spanStatusAfter(failure: unknown): 'interrupted' | 'cancelled' | 'error' {
  const status = statusAfter(failure);
  return status === 'interrupted' || status === 'cancelled' ? status : 'error';
}
