import type { StartRule } from './start-rules.ts';

/** What a rule counts at one moment. */
export interface StartCount {
  readonly rule: StartRule;
  /** Runs at work. */
  readonly running: number;
  /** Runs that wait and asked before the one in question. */
  readonly ahead: number;
  /** When those runs started that did so within the hour, ms since the epoch, the first one first. */
  readonly starts: readonly number[];
}

/** What is said to a run that asks to start. */
export type StartAnswer =
  | { readonly kind: 'started' }
  | { readonly kind: 'queued'; readonly rule: StartRule; readonly ahead: number }
  | { readonly kind: 'full'; readonly rule: StartRule; readonly waiting: number }
  /** `freesAt`: when the next one may start; null while that hangs on runs that wait. */
  | { readonly kind: 'too_many'; readonly rule: StartRule; readonly freesAt: number | null };

export const startWindowMs = 3_600_000;

/**
 * Whether a run that asks now starts, waits or is refused. Those that wait already have their places and starts counted,
 * so that nobody passes them. A resumed run started before: it takes a place, and no start.
 */
export function answerStart(counts: readonly StartCount[], resumed: boolean): StartAnswer {
  for (const { rule, ahead, starts } of resumed ? [] : counts) {
    if (rule.startsPerHour === null || starts.length + ahead < rule.startsPerHour) continue;
    const next = starts[starts.length + ahead - rule.startsPerHour];
    return { kind: 'too_many', rule, freesAt: next === undefined ? null : next + startWindowMs };
  }
  const busy = counts.filter((count) => !hasPlace(count));
  const full = busy.find(({ rule, ahead }) => ahead >= rule.queue);
  if (full !== undefined) return { kind: 'full', rule: full.rule, waiting: full.ahead };
  const [first] = busy;
  return first === undefined ? { kind: 'started' } : { kind: 'queued', rule: first.rule, ahead: first.ahead };
}

/** Whether a run that waits may start now. */
export function mayStart(counts: readonly StartCount[], resumed: boolean): boolean {
  return counts.every(
    (count) =>
      hasPlace(count) &&
      (resumed || count.rule.startsPerHour === null || count.starts.length < count.rule.startsPerHour),
  );
}

/** A place is left over once each of those ahead has one. */
function hasPlace({ rule, running, ahead }: StartCount): boolean {
  return rule.concurrency === null || running + ahead < rule.concurrency;
}
