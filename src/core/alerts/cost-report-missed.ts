import { windowStart } from '../budget/windows.ts';

/** A calendar week, Monday to Sunday in local time: 167 to 169 hours where clocks change. Ms since the epoch. */
export interface Week {
  /** The date of its Monday, `YYYY-MM-DD`. */
  readonly monday: string;
  readonly since: number;
  readonly until: number;
}

export interface WeekFacts extends Week {
  /** Its report is registered. */
  readonly reported: boolean;
  /** A call was settled in it. */
  readonly spent: boolean;
}

export interface CostReportFacts {
  readonly now: number;
  /** How long the wall clock has run evenly, ms. */
  readonly steadyMs: number;
  /** When the last report of any kind was written, and the first call ever settled. */
  readonly lastReportAt: number | null;
  readonly firstCallAt: number | null;
  /** Weeks that have ended, the newest first. */
  readonly weeks: readonly WeekFacts[];
  /** Since when its report has been due here, ms; attempts to make it that failed. */
  readonly dueMs: number;
  readonly failures: number;
}

export type CostReportVerdict =
  /** Nothing is owed: what was missed before is made. */
  | { readonly kind: 'made' }
  /** Too early to tell: the week has just ended, or the clock cannot be trusted yet. */
  | { readonly kind: 'later' }
  /** `week` is to be made; `older` are not any more. `missed`: a person must hear of it (COST_REPORT_MISSED). */
  | { readonly kind: 'due'; readonly week: Week; readonly older: readonly Week[]; readonly missed: boolean };

/** What is settled in the week's last moments is on disk by then. */
export const graceMs = 5 * 60_000;
/** How long a clock must run evenly after a jump before it is believed. */
export const steadyEnoughMs = 5 * 60_000;
/** So long a report may be owed by a runtime at work before it is missed. */
const patienceMs = 60 * 60_000;
const clockErrorMs = 60_000;

/**
 * Which weekly cost report is owed, and whether one was missed. The last ended week gets a report if any call was ever
 * settled before its end, even if none was in it: the report then says so. Older weeks are not made afterwards; those
 * with spend since the last week that has a report count as missed, once, and neither a fresh installation nor one from
 * before there were such reports is blamed for its past.
 */
export function judgeCostReport(facts: CostReportFacts): CostReportVerdict {
  const { now, steadyMs, lastReportAt, firstCallAt, dueMs, failures } = facts;
  const [week, ...before] = facts.weeks.filter(({ until }) => firstCallAt !== null && firstCallAt < until);
  if (steadyMs < steadyEnoughMs) return { kind: 'later' };
  if (lastReportAt !== null && lastReportAt > now + clockErrorMs) return { kind: 'later' };
  if (week === undefined || week.reported) return { kind: 'made' };
  if (now < week.until + graceMs) return { kind: 'later' };
  const lastReported = before.findIndex(({ reported }) => reported);
  const older = before.slice(0, Math.max(0, lastReported)).filter(({ spent }) => spent);
  return { kind: 'due', week, older, missed: failures > 0 || dueMs >= patienceMs || older.length > 0 };
}

/** The weeks that have ended by now, the newest first. */
export function endedWeeks(now: number, count: number): readonly Week[] {
  const weeks: Week[] = [];
  let until = windowStart('week', now);
  while (weeks.length < count) {
    const since = windowStart('week', until - 1);
    weeks.push({ monday: dateOf(since), since, until });
    until = since;
  }
  return weeks;
}

/** The run id of its report in the registry: there is one report of each week. */
export function weekRunId({ monday }: Week): string {
  return `cost-report-week-${monday}`;
}

/** Its last day, `YYYY-MM-DD`. */
export function sundayOf({ until }: Week): string {
  return dateOf(until - 1);
}

function dateOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
