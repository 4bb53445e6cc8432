import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endedWeeks, weekRunId } from '../../src/core/alerts/cost-report-missed.ts';
import type { CoreEvent } from '../../src/core/events.ts';
import type { IssueRow } from '../../src/protocol/rows.ts';
import { WeeklyReport } from '../../src/runtime/weekly-report.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { LedgerFile } from '../support/ledger-file.ts';
import { rows, startRuntime, until, withFolder } from '../support/runtime.ts';
import { ledgerRow } from '../reports/samples.ts';

/** What the databases would tell: the weeks that are registered, the issues that are open. */
function household() {
  const clock = fakeClock(Date.UTC(2026, 10, 25, 12));
  const registered = new Set<string>();
  const issues = new Map<string, IssueRow>();
  const raised: string[] = [];
  const made: (readonly [string, readonly string[]])[] = [];
  const state = { fails: null as Error | null };
  const weekly = new WeeklyReport({
    clock,
    reader: {
      reports: (times) =>
        Promise.resolve({
          lastAt: null,
          firstCallAt: 0,
          times: times.map(({ runId }) => ({ reported: registered.has(runId), spent: true })),
        }),
      issues: () => Promise.resolve([...issues.values()].filter(({ closedAt }) => closedAt === null)),
    },
    observe(event: CoreEvent) {
      if (event.type !== 'issue') return;
      issues.set(event.issue.issueId, event.issue);
      if (event.issue.closedAt === null) raised.push(event.issue.message);
    },
    make(week, remarks) {
      if (state.fails !== null) return Promise.reject(state.fails);
      made.push([week.monday, remarks]);
      registered.add(weekRunId(week));
      return Promise.resolve();
    },
    onLast: () => undefined,
    onError: () => undefined,
  });
  return { clock, registered, issues, raised, made, state, weekly };
}

describe('runtime/weekly-report', () => {
  it('makes the week’s report once, and only where it leads', async () => {
    const { weekly, made, clock } = household();
    await weekly.look(false);
    assert.deepEqual(made, []);
    await weekly.look(true);
    await weekly.look(true);
    await clock.advance(60_000);
    await weekly.look(true);
    assert.deepEqual(made, [['2026-11-16', []]]);
  });

  it('raises COST_REPORT_MISSED once while it fails, tries again later and later, and closes it when it is made', async () => {
    const { weekly, made, clock, state, raised, issues } = household();
    state.fails = new Error('the disk is full');
    for (let n = 0; n < 4; n++) await weekly.look(true);
    assert.equal(raised.length, 1);
    assert.match(
      raised[0] ?? '',
      /^The cost report of the week from 2026-11-16 to 2026-11-22 is not made yet \(the disk is full\)/,
    );
    state.fails = null;
    await weekly.look(true);
    assert.deepEqual(made, []);
    await clock.advance(60_000);
    await weekly.look(true);
    assert.equal(made.length, 1);
    assert.deepEqual(
      [...issues.values()].map(({ code, closedAt }) => [code, closedAt === null]),
      [['COST_REPORT_MISSED', false]],
    );
  });

  it('says which older weeks have none, and makes the last one only', async () => {
    const { weekly, made, registered, raised } = household();
    registered.add('cost-report-week-2026-10-26');
    await weekly.look(true);
    const older =
      'No report was made of 2 weeks with spend from 2026-11-02 to 2026-11-15: haios report --from 2026-11-02 --to 2026-11-15 makes one.';
    assert.deepEqual(made, [['2026-11-16', [older]]]);
    assert.ok(raised[0]?.endsWith(older), raised[0]);
  });

  it('makes nothing while the clock has just jumped, as it does after a sleep', async () => {
    const { weekly, made, clock } = household();
    clock.setWall(clock.now() + 9 * 3_600_000);
    await weekly.look(true);
    assert.deepEqual(made, []);
    await clock.advance(5 * 60_000);
    await weekly.look(true);
    assert.equal(made.length, 1);
  });
});

describe('the weekly cost report of real runtimes', () => {
  it('is made once by two that start together, in the data directory, and never again', () =>
    withFolder(async (folder) => {
      await (await startRuntime({ folder })).stop(5000);
      const [week] = endedWeeks(Date.now(), 1);
      assert.ok(week !== undefined);
      const at = week.until - 1000;
      const ledger = new LedgerFile(join(folder, 'ledger.db'));
      ledger.add(ledgerRow({ at, settledAt: at }));
      ledger.close();
      const history = join(folder, 'haios.db');
      const reports = () =>
        rows(
          history,
          `SELECT a.path, a.sha256 = r.sha256 AS same, a.trace_id FROM artefacts a JOIN reports r ON r.g = a.g
          WHERE a.run_id = ? AND r.kind = 'cost'`,
          weekRunId(week),
        );
      const both = await Promise.all([startRuntime({ folder }), startRuntime({ folder })]);
      await until('the report is registered', () => reports().length > 0);
      await Promise.all(both.map((runtime) => runtime.stop(5000)));
      const third = await startRuntime({ folder });
      const metrics = async (): Promise<string> => (await fetch(third.welcome.metricsUrl ?? '')).text();
      await until('the series is there', async () =>
        /^haios_last_cost_report_timestamp_seconds \d/m.test(await metrics()),
      );
      await third.stop(5000);

      const found = reports();
      assert.deepEqual([found.length, found[0]?.['same']], [1, 1]);
      const path = String(found[0]?.['path']);
      assert.ok(path.startsWith(join(folder, 'reports')) && existsSync(path), path);
      const text = await readFile(path, 'utf8');
      assert.match(text, /^\$0\.00065 and 1,200 tokens in 1 call, /m);
      assert.ok(text.includes(`"trace_id": "${String(found[0]?.['trace_id'])}"`));
      assert.deepEqual(rows(history, 'SELECT * FROM issues'), []);
    })).timeout(60_000);
});
