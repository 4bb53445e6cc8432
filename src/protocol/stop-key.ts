import type { BudgetStopView } from './snapshot.ts';

/** What tells one stop from every other, of the same run too. */
export function stopKey({ runId, at }: Pick<BudgetStopView, 'runId' | 'at'>): string {
  return `stop ${runId} ${at}`;
}
