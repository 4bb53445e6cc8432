import { momentText } from '../../protocol/moment-text.ts';
import { exactUsd } from '../../protocol/money.ts';
import { HaiosError } from '../errors.ts';
import type { Admission, Ask, LedgerLimit } from '../ports.ts';
import { quotaLimit } from './limits.ts';

export type Refusal = Exclude<Admission, { kind: 'admitted' }>;

/**
 * BUDGET_EXCEEDED or QUOTA_EXCEEDED: one sentence with the limit, its figures and when it frees up. The details hold the
 * same as data: `limit`, `use`, `asked`, `kind` and `freesAt` (ms since the epoch; null: not by itself).
 */
export function refusal(ask: Ask, { kind, limit, use }: Refusal, now: number): HaiosError {
  const asked = askedOf(ask, limit);
  const quota = limit.name === quotaLimit ? `${quotaLimit}.${limit.resource}` : null;
  const fits = asked <= use.limit;
  const freesAt = use.freesAt ?? (kind === 'refused' && fits ? limit.until : null);
  const amount = (n: number): string => (limit.resource === 'usd' ? `$${exactUsd(n)}` : `${n} tokens`);
  const what = quota === null ? `${limit.scope} budget “${limit.name}”` : `quota ${quota}`;
  const window = limit.window === 'lifetime' ? '' : ` per ${limit.window}`;
  const paced =
    limit.pace !== undefined && limit.pace.allowed < use.limit ? `, ${amount(limit.pace.allowed)} of it by now,` : '';
  const held = use.held === 0 ? '' : `, ${amount(use.held)} is held by running calls`;
  const text =
    `The ${what} of ${amount(use.limit)}${window}${paced} does not allow this call: ${amount(use.settled)} is spent` +
    `${held}, and the call may cost up to ${amount(asked)}. ${freeing(kind, use.held, freesAt, now)} ` +
    `Raise ${quota ?? 'the budget'} and resume the run.`;
  return new HaiosError(quota === null ? 'BUDGET_EXCEEDED' : 'QUOTA_EXCEEDED', text, {
    details: { limit, use, asked, kind, freesAt },
  });
}

/** What a call asks of a limit, in the limit's unit. */
export function askedOf(ask: Ask, limit: LedgerLimit): number {
  return limit.resource === 'usd' ? ask.nusd : ask.tokens;
}

function freeing(kind: Refusal['kind'], held: number, freesAt: number | null, now: number): string {
  if (freesAt !== null) return `It frees up ${momentText(freesAt, now)}.`;
  if (kind === 'wait' && held > 0) return 'It frees up when running calls end.';
  return 'It does not free up by itself.';
}
