import { taskQuotas, type TaskQuota } from '../../catalogue/states.ts';
import { exactUsd } from '../../protocol/money.ts';
import { HaiosError } from '../errors.ts';
import { toNano } from './money.ts';

/** The `quotas.task` block; usd in dollars, seconds of the task's own time at work. */
export type TaskQuotas = Readonly<Partial<Record<TaskQuota, number>>>;
/** What a task itself has used; usd in nano-dollars. */
export type QuotaUse = Readonly<Record<TaskQuota, number>>;

/**
 * Throws QUOTA_EXCEEDED if what the task has used reaches a quota; asked before each of its calls. `files_written` is
 * asked of calls that write (`writes`) only, so that a task may read and answer after its last file. A free call passes
 * a usd quota of 0. What a model call itself may cost in usd and tokens is held to the quota by the ledger.
 */
export function checkQuotas(title: string, quotas: TaskQuotas, used: QuotaUse, writes: boolean): void {
  for (const quota of taskQuotas) {
    const limit = quotas[quota];
    if (limit === undefined || (quota === 'files_written' && !writes)) continue;
    const amount = used[quota];
    if (quota === 'usd' ? amount === 0 || amount < toNano(limit) : amount < limit) continue;
    throw new HaiosError(
      'QUOTA_EXCEEDED',
      `Task “${title}” has used ${amountOf(quota, amount)}, and quotas.task.${quota} allows ${limit}; its next call was not made. Raise quotas.task.${quota} and resume the run.`,
      { details: { quota, limit, used: amount } },
    );
  }
}

function amountOf(quota: TaskQuota, amount: number): string {
  const some = (n: number, one: string, what = ''): string => `${n} ${one}${n === 1 ? '' : 's'}${what}`;
  switch (quota) {
    case 'calls':
      return some(amount, 'call');
    case 'tokens':
      return some(amount, 'token');
    case 'usd':
      return `$${exactUsd(amount)}`;
    case 'seconds':
      return some(Math.round(amount * 10) / 10, 'second', ' of work');
    case 'files_written':
      return some(amount, 'written file');
  }
}
