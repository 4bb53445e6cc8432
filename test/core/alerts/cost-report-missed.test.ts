import assert from 'node:assert/strict';
import {
  endedWeeks,
  graceMs,
  judgeCostReport,
  steadyEnoughMs,
  sundayOf,
  type CostReportFacts,
  type CostReportVerdict,
  type WeekFacts,
} from '../../../src/core/alerts/cost-report-missed.ts';
import { SteadyClock } from '../../../src/core/alerts/steady-clock.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { inTimeZone } from '../../support/time-zone.ts';

const hourMs = 3_600_000;

describe('core/alerts/cost-report-missed', () => {
  inTimeZone('Europe/Berlin');
  /** Monday the 23rd of November 2026, an hour past midnight in Berlin. */
  const monday = (): number => new Date(2026, 10, 23, 1).getTime();

  const facts = (changes: Partial<CostReportFacts> = {}, reported: readonly number[] = []): CostReportFacts => {
    const now = changes.now ?? monday();
    const weeks: readonly WeekFacts[] = endedWeeks(now, 8).map((week, at) => ({
      ...week,
      reported: reported.includes(at),
      spent: true,
    }));
    return {
      now,
      steadyMs: Infinity,
      lastReportAt: null,
      firstCallAt: 0,
      weeks,
      dueMs: 0,
      failures: 0,
      ...changes,
    };
  };
  const about = (verdict: CostReportVerdict): unknown =>
    verdict.kind === 'due'
      ? [verdict.week.monday, verdict.older.map((week) => week.monday), verdict.missed]
      : verdict.kind;

  it('owes the report of the last ended week, once, and tells nobody while it can still be made', () => {
    assert.deepEqual(about(judgeCostReport(facts())), ['2026-11-16', [], false]);
    assert.equal(about(judgeCostReport(facts({}, [0]))), 'made');
  });

  it('waits until what was settled in the last moments is on disk', () => {
    const end = new Date(2026, 10, 23).getTime();
    assert.equal(about(judgeCostReport(facts({ now: end + graceMs - 1 }))), 'later');
    assert.deepEqual(about(judgeCostReport(facts({ now: end + graceMs }))), ['2026-11-16', [], false]);
  });

  it('owes nothing for weeks before the first call, and a report of a week without spend after it', () => {
    assert.equal(about(judgeCostReport(facts({ firstCallAt: null }))), 'made');
    assert.equal(about(judgeCostReport(facts({ firstCallAt: new Date(2026, 10, 23).getTime() }))), 'made');
    const quiet = facts({ firstCallAt: new Date(2026, 9, 1).getTime() });
    const weeks = quiet.weeks.map((week) => ({ ...week, spent: false }));
    assert.deepEqual(about(judgeCostReport({ ...quiet, weeks })), ['2026-11-16', [], false]);
  });

  it('makes the last week only after days without a runtime, and counts the older ones with spend as missed, once', () => {
    assert.deepEqual(about(judgeCostReport(facts({}, [3]))), ['2026-11-16', ['2026-11-09', '2026-11-02'], true]);
    const spentLast = facts({}, [3]);
    const weeks = spentLast.weeks.map((week, at) => ({ ...week, spent: at === 2 }));
    assert.deepEqual(about(judgeCostReport({ ...spentLast, weeks })), ['2026-11-16', ['2026-11-02'], true]);
    // No week has one: they are from before there were such reports.
    assert.deepEqual(about(judgeCostReport(facts())), ['2026-11-16', [], false]);
    // The next week does not count them again.
    const next = facts({ now: monday() + 7 * 24 * hourMs }, [1, 4]);
    assert.deepEqual(about(judgeCostReport(next)), ['2026-11-23', [], false]);
  });

  it('is missed when an attempt failed, or when it was owed for an hour', () => {
    assert.deepEqual(about(judgeCostReport(facts({ failures: 1 }))), ['2026-11-16', [], true]);
    assert.deepEqual(about(judgeCostReport(facts({ dueMs: hourMs - 1 }))), ['2026-11-16', [], false]);
    assert.deepEqual(about(judgeCostReport(facts({ dueMs: hourMs }))), ['2026-11-16', [], true]);
  });

  it('trap: a clock set back or forward is not believed at once', () => {
    assert.equal(about(judgeCostReport(facts({ steadyMs: steadyEnoughMs - 1 }))), 'later');
    // A report that was written later than now: the clock was set back, whatever it says.
    assert.equal(about(judgeCostReport(facts({ lastReportAt: monday() + 2 * 60_000 }))), 'later');
    // Back in the week before, whose report is there: nothing is made twice.
    assert.equal(about(judgeCostReport(facts({ now: new Date(2026, 10, 20).getTime() }, [0]))), 'made');
  });

  it('trap: weeks are from Monday to Monday in local time, also where clocks change', () => {
    const [spring] = endedWeeks(new Date(2026, 2, 30, 12).getTime(), 1);
    const [autumn] = endedWeeks(new Date(2026, 9, 26, 12).getTime(), 1);
    const hours = (week: { since: number; until: number } | undefined): number =>
      ((week?.until ?? 0) - (week?.since ?? 0)) / hourMs;
    assert.deepEqual([spring?.monday, hours(spring)], ['2026-03-23', 167]);
    assert.deepEqual([autumn?.monday, hours(autumn)], ['2026-10-19', 169]);
    assert.equal(autumn === undefined ? '' : sundayOf(autumn), '2026-10-25');
    const year = endedWeeks(new Date(2027, 0, 8).getTime(), 60);
    assert.equal(new Set(year.map((week) => week.monday)).size, 60);
    for (const [at, week] of year.entries()) {
      assert.equal(new Date(week.since).getDay(), 1);
      assert.equal(new Date(week.since).getHours(), 0);
      if (at > 0) assert.equal(week.until, year[at - 1]?.since);
    }
  });
});

describe('core/alerts/steady-clock', () => {
  it('counts from the last jump of the wall clock, forward or back, and from a sleep', async () => {
    const clock = fakeClock();
    const steady = new SteadyClock(clock);
    assert.equal(steady.steadyMs(), Infinity);
    await clock.advance(60_000);
    assert.equal(steady.steadyMs(), Infinity);
    clock.setWall(clock.now() - hourMs);
    assert.equal(steady.steadyMs(), 0);
    await clock.advance(60_000);
    assert.equal(steady.steadyMs(), 60_000);
    // Asleep for a night, the monotonic clock stands still.
    clock.setWall(clock.now() + 8 * hourMs);
    await clock.advance(1000);
    assert.equal(steady.steadyMs(), 0);
    await clock.advance(steadyEnoughMs);
    assert.equal(steady.steadyMs(), steadyEnoughMs);
  });

  it('does not take the small steps of a time server for jumps', async () => {
    const clock = fakeClock();
    const steady = new SteadyClock(clock);
    for (let n = 0; n < 10; n++) {
      await clock.advance(60_000);
      clock.setWall(clock.now() + 500);
      assert.equal(steady.steadyMs(), Infinity);
    }
  });
});
