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

/** A moment to come as people say it, local time, rounded up to the minute: `at 16:40`, `tomorrow at 00:00`. */
export function momentText(at: number, now: number): string {
  const moment = new Date(Math.ceil(at / 60_000) * 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `at ${two(moment.getHours())}:${two(moment.getMinutes())}`;
  const days = daysBetween(new Date(now), moment);
  if (days <= 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days < 7) return `on ${weekdays[moment.getDay()]} ${time}`;
  return `on ${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${time}`;
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** Days of the calendar, so that one of 23 or 25 hours is one. */
function daysBetween(from: Date, to: Date): number {
  const day = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day(to) - day(from)) / 86_400_000);
}
