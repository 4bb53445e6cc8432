import {
  endedWeeks,
  judgeCostReport,
  sundayOf,
  weekRunId,
  type CostReportVerdict,
  type Week,
} from '../core/alerts/cost-report-missed.ts';
import { SteadyClock } from '../core/alerts/steady-clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Observer } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';
import type { IssueRow } from '../protocol/rows.ts';
import type { Reader } from '../storage/storage.ts';

export interface WeeklyReportOptions {
  readonly reader: Pick<Reader, 'reports' | 'issues'>;
  readonly clock: Clock;
  readonly observe: Observer;
  /** Makes the week's report. `remarks` are told in it. */
  readonly make: (week: Week, remarks: readonly string[]) => Promise<void>;
  /** When the last cost report was written, by whichever runtime. */
  readonly onLast: (at: number | null) => void;
  readonly onError: (error: unknown) => void;
}

const weeksLookedAt = 26;
/** After so many failures, the pause before the next attempt, ms; the last one holds from then on. */
const pausesMs = [60_000, 5 * 60_000, 15 * 60_000, 60 * 60_000] as const;

/** A week whose report is not there yet; times are of the monotonic clock. */
interface Owed {
  readonly monday: string;
  readonly since: number;
  failures: number;
  notBefore: number;
  raised: boolean;
}

type Due = Extract<CostReportVerdict, { kind: 'due' }>;

/** Makes the cost report of each ended week, once per user: whoever leads asks `look` regularly. */
export class WeeklyReport {
  readonly #o: WeeklyReportOptions;
  readonly #steady: SteadyClock;
  #owed: Owed | null = null;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: WeeklyReportOptions) {
    this.#o = options;
    this.#steady = new SteadyClock(options.clock);
  }

  /** Never rejects. One look at a time; none after `stop`. */
  look(leads: boolean): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look(leads)).catch(this.#o.onError);
    return this.#looking;
  }

  /** Resolves when the look under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  async #look(leads: boolean): Promise<void> {
    if (this.#stopped) return;
    const verdict = await this.#judge();
    if (!leads || this.#stopped) return;
    switch (verdict.kind) {
      case 'later':
        return;
      case 'made':
        this.#owed = null;
        return this.#close();
      case 'due':
        return this.#makeDue(verdict);
    }
  }

  async #judge(): Promise<CostReportVerdict> {
    const { reader, clock, onLast } = this.#o;
    const steadyMs = this.#steady.steadyMs();
    const now = clock.now();
    const weeks = endedWeeks(now, weeksLookedAt);
    const { lastAt, firstCallAt, times } = await reader.reports(
      weeks.map((week) => ({ runId: weekRunId(week), since: week.since, until: week.until })),
    );
    onLast(lastAt);
    return judgeCostReport({
      now,
      steadyMs,
      lastReportAt: lastAt,
      firstCallAt,
      weeks: weeks.map((week, at) => ({ ...week, reported: false, spent: false, ...times[at] })),
      dueMs: this.#owed === null ? 0 : clock.monotonic() - this.#owed.since,
      failures: this.#owed?.failures ?? 0,
    });
  }

  async #makeDue({ week, older, missed }: Due): Promise<void> {
    const { clock, make } = this.#o;
    const now = clock.monotonic();
    if (this.#owed?.monday !== week.monday)
      this.#owed = { monday: week.monday, since: now, failures: 0, notBefore: now, raised: false };
    const owed = this.#owed;
    if (missed) await this.#raise(owed, week, older, '');
    if (now < owed.notBefore) return;
    try {
      await make(week, older.length === 0 ? [] : [olderSentence(older)]);
    } catch (error) {
      owed.notBefore = clock.monotonic() + (pausesMs[owed.failures] ?? pausesMs[pausesMs.length - 1] ?? 0);
      owed.failures += 1;
      await this.#raise(owed, week, older, ` (${messageOf(error)})`);
      throw error;
    }
    const after = await this.#judge();
    if (after.kind === 'made') {
      this.#owed = null;
      await this.#close();
    }
  }

  /** Once for each week: an issue that is open is not raised again. */
  async #raise(owed: Owed, week: Week, older: readonly Week[], why: string): Promise<void> {
    if (owed.raised) return;
    owed.raised = true;
    const issueId = `cost-report-missed-${week.monday}`;
    if ((await this.#open()).some((issue) => issue.issueId === issueId)) return;
    const message = [
      `The cost report of the week from ${week.monday} to ${sundayOf(week)} is not made yet${why}; HAiOS tries again by itself.`,
      ...(older.length === 0 ? [] : [olderSentence(older)]),
    ].join(' ');
    const issue: IssueRow = {
      issueId,
      code: 'COST_REPORT_MISSED',
      message,
      runId: null,
      at: this.#o.clock.now(),
      closedAt: null,
    };
    this.#o.observe({ type: 'issue', issue });
  }

  async #close(): Promise<void> {
    for (const issue of await this.#open())
      this.#o.observe({ type: 'issue', issue: { ...issue, closedAt: this.#o.clock.now() } });
  }

  #open(): Promise<readonly IssueRow[]> {
    return this.#o.reader.issues({ open: true, code: 'COST_REPORT_MISSED', limit: 100 });
  }
}

function olderSentence(older: readonly Week[]): string {
  const last = older[0];
  const first = older[older.length - 1];
  if (last === undefined || first === undefined) return '';
  const [weeks, from, to] = [older.length === 1 ? '1 week' : `${older.length} weeks`, first.monday, sundayOf(last)];
  return `No report was made of ${weeks} with spend from ${from} to ${to}: haios report --from ${from} --to ${to} makes one.`;
}
