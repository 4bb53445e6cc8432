import type { Resource } from '../catalogue/states.ts';
import { momentText } from './moment-text.ts';
import { exactUsd, formatInteger, formatUsd } from './money.ts';
import type { BudgetRef, BudgetUse } from './rows.ts';
import type { BudgetStopView } from './snapshot.ts';

/** “run budget”, “daily budget”, “weekly budget of model gpt-5*”; the key is text from outside. */
export function budgetName({ scope, key, window }: Pick<BudgetRef, 'scope' | 'key' | 'window'>): string {
  const often = { lifetime: '', hour: 'hourly ', day: 'daily ', week: 'weekly ' }[window];
  switch (scope) {
    case 'call':
    case 'task':
    case 'run':
      return `${often}${scope} budget`;
    case 'agent':
    case 'model':
      return `${often}budget of ${scope} ${key}`;
    case 'workspace':
      return `${often}budget of this workspace`;
    case 'user':
      return often === '' ? 'budget of all workspaces' : `${often}budget`;
  }
}

/** “The run budget of g12 is 90 % used: $0.9034 of $1.00”, without a full stop; `g` null: whose run it is goes without saying. */
export function usedText(use: BudgetUse, g: number | null): string {
  const { resource, used, limit, ratio } = use;
  const whose = g === null || (use.scope !== 'run' && use.scope !== 'task') ? '' : ` of g${g}`;
  const figures = `${amountText(resource, used)} of ${amountText(resource, limit)}`;
  return `The ${budgetName(use)}${whose} is ${Math.floor(ratio * 100 + 1e-9)} % used: ${figures}`;
}

/** Whether two are the same budget, whatever their figures. */
export function sameBudget(a: BudgetRef, b: BudgetRef): boolean {
  return (
    a.name === b.name && a.resource === b.resource && a.scope === b.scope && a.key === b.key && a.window === b.window
  );
}

/** An amount as budgets hold it, with its unit, so exact that figures of one sentence add up: `$0.9834`, `12,345 tokens`. */
export function amountText(resource: Resource, value: number): string {
  switch (resource) {
    case 'usd':
      return usdText(value);
    case 'tokens':
      return `${formatInteger(value)} tokens`;
    case 'cpu_seconds':
      return `${Math.round(value * 10) / 10} cpu s`;
    case 'mem_bytes':
    case 'disk_bytes':
      return bytesText(value);
  }
}

/** A limit on a button: as `amountText`, every digit of money and no needless ones: `$2`, `$1.50`. */
export function limitText(resource: Resource, value: number): string {
  return resource === 'usd' ? `$${exactUsd(value).replace(/\.00$/, '')}` : amountText(resource, value);
}

/** A moment to come, local time: `16:40`, `00:00` for the next midnight, `tomorrow 16:40`, `2026-12-01 16:40`. */
export function timeText(at: number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const day = new Date(now);
  const days = [0, 1].map((n) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + n).toDateString());
  if (date.toDateString() === days[0]) return time;
  if (date.toDateString() === days[1]) return time === '00:00' ? time : `tomorrow ${time}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** Why a run stopped, after “Run g12 stopped: ”, without a full stop. */
export function stopReason({ budget }: Pick<BudgetStopView, 'budget'>): string {
  if (budget === null) return 'a person asked it to stop after its call';
  const { resource, used, reserved, limit } = budget;
  const why = used + reserved >= limit * usedUpFrom ? 'is used up' : 'has no room for the next call';
  return `${budgetName(budget)} ${amountText(resource, limit)} ${why}`;
}

/** “$0.98 spent, the next call may cost $0.11”; null when no budget stopped it. */
export function stopFigures({ budget, asked }: Pick<BudgetStopView, 'budget' | 'asked'>): string | null {
  if (budget === null) return null;
  const { resource, used, reserved } = budget;
  return [
    `${amountText(resource, used)} ${resource === 'usd' ? 'spent' : 'used'}`,
    ...(reserved > 0 ? [`${amountText(resource, reserved)} held for calls under way`] : []),
    `the next call may ${resource === 'usd' ? 'cost' : 'take'} ${amountText(resource, asked)}`,
  ].join(', ');
}

/** “goes on by itself tomorrow at 00:00”; null for a run that waits for a decision. */
export function waitText({ waits, freesAt }: Pick<BudgetStopView, 'waits' | 'freesAt'>, now: number): string | null {
  return waits && freesAt !== null ? `goes on by itself ${momentText(freesAt, now)}` : null;
}

/** “raised from $1.00 until 00:00”; null for a limit that nobody changed. */
export function overrideText(
  { resource, limit, overridden }: Pick<BudgetUse, 'resource' | 'limit' | 'overridden'>,
  now: number,
  amount = amountText,
): string | null {
  if (overridden === null) return null;
  const way = limit < overridden.limit ? 'lowered' : 'raised';
  const until = overridden.until === null ? '' : ` until ${timeText(overridden.until, now)}`;
  return `${way} from ${amount(resource, overridden.limit)}${until}`;
}

/** “at this pace the day’s budget ends at 16:40”; null when it lasts until it begins anew, and when it is used up. */
export function paceText(use: Pick<BudgetUse, 'endsAt' | 'ratio' | 'window' | 'scope'>, now: number): string | null {
  const { endsAt, ratio, window, scope } = use;
  if (endsAt === null || ratio >= 1) return null;
  const whose = window === 'lifetime' ? scope : `${window}’s`;
  return `at this pace the ${whose} budget ends ${momentText(Math.max(endsAt, now), now)}`;
}

/** “resets 00:00”; null for a budget that has no end, or rolls. */
export function resetText({ resetsAt }: Pick<BudgetUse, 'resetsAt'>, now: number): string | null {
  return resetsAt === null ? null : `resets ${timeText(resetsAt, now)}`;
}

/**
 * Until when a new limit holds unless somebody says otherwise: until the window ends, for an hour where it rolls, and for
 * good (null) for a budget without a window.
 */
export function endOfWindow({ window, resetsAt }: Pick<BudgetUse, 'window' | 'resetsAt'>, now: number): number | null {
  return resetsAt ?? (window === 'hour' ? now + 3_600_000 : null);
}

const usedUpFrom = 0.9;
const tenThousandth = 100_000;

function usdText(nusd: number): string {
  if (!Number.isFinite(nusd) || (nusd > 0 && nusd < tenThousandth)) return formatUsd(nusd);
  return formatMoney(Math.round(nusd / tenThousandth) * tenThousandth);
}

function formatMoney(nusd: number): string {
  const [whole = '0', fraction = '00'] = exactUsd(nusd).split('.');
  return `$${formatInteger(Number(whole))}.${fraction}`;
}

function bytesText(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = value < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${Math.round((value / 1024 ** step) * 100) / 100} ${units[step] ?? 'B'}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
