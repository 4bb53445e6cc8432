import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { rm, writeFile } from 'node:fs/promises';
import { weekRunId, type Week } from '../core/alerts/cost-report-missed.ts';
import { HaiosError, messageOf } from '../core/errors.ts';
import type { Clock, Prices } from '../core/ports.ts';
import type { Span } from '../core/trace.ts';
import { formatG } from '../protocol/money.ts';
import type { ReportQuery, ReportResult } from '../protocol/messages.ts';
import type { ArtefactRow, BudgetUse } from '../protocol/rows.ts';
import { runsNamed, type CostReport } from '../reports/cost-facts.ts';
import { costReport } from '../reports/cost-report.ts';
import { summaryOf } from '../reports/cost-summary.ts';
import type { ReportRow, Storage } from '../storage/storage.ts';
import { writeOwnFile, type OwnFile } from './own-files.ts';
import { checkedRange } from './report-range.ts';
import { whatIfOf } from './what-if.ts';

export interface CostReportOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly version: string;
  readonly dataDir: string;
  readonly prices: () => Promise<Prices>;
  /** The budgets in force now. */
  readonly budgets: () => readonly BudgetUse[];
  /** Whether the runtime may write into the workspace's `.haios/`. */
  readonly trusted: (workspace: string) => boolean;
  readonly onWritten: (at: number) => void;
  /** Begins the root span of the report numbered `g`, in a trace of its own, as run `runId`. */
  readonly startSpan: (g: number, runId: string) => Span;
}

/** How many runs, tasks, calls and issues a report lists at most; what is not listed is summed. */
const mostListed = 1000;

/** Makes the cost report of a time and writes it where it was asked for. Throws USAGE for a range that is none, an unknown `priceAs` or a path that cannot be written. */
export async function makeCostReport(query: ReportQuery, options: CostReportOptions): Promise<ReportResult> {
  const time = checkedRange(query, options.clock.now());
  return numbered(null, options, async (g, traceId, runId) => {
    const report = await factsOf({ ...time, priceAs: query.priceAs, remarks: [] }, g, traceId, options);
    const text = costReport(report, query.format);
    const file = await write(query, g, text, options);
    if (file !== null) {
      const rows = rowsOf(file, { g, traceId, runId, workspace: query.workspace, at: options.clock.now() });
      options.storage.write([
        { type: 'report', row: rows.report },
        { type: 'artefact', row: rows.artefact },
      ]);
      await options.storage.flush();
      options.onWritten(rows.report.at);
    }
    return { text, path: file?.absolute ?? null, g };
  });
}

/**
 * Makes the report of a week in the data directory, which is there without any workspace and, like the week's spend,
 * belongs to all of them. If another runtime's is registered first, this one's file is removed again.
 */
export async function makeWeekReport(
  week: Week,
  remarks: readonly string[],
  options: CostReportOptions,
): Promise<void> {
  const { storage, clock, dataDir } = options;
  await numbered(weekRunId(week), options, async (g, traceId, runId) => {
    const { since, until } = week;
    const report = await factsOf({ since, until, priceAs: null, remarks }, g, traceId, options);
    const text = costReport(report, 'md');
    const file = await writeOwnFile({ workspace: null, dataDir }, `cost_report_g${formatG(g)}.md`, text);
    const rows = rowsOf(file, { g, traceId, runId, workspace: null, at: clock.now() });
    storage.write([{ type: 'report_once', ...rows }]);
    await storage.flush();
    const [registered] = await storage.reader.artefacts(runId);
    if (registered === undefined)
      throw new HaiosError('DATABASE_UNAVAILABLE', 'The week’s cost report is written, but could not be registered.');
    if (registered.sha256 !== file.sha256) await rm(file.absolute, { force: true });
    else options.onWritten(rows.report.at);
  });
}

async function numbered<T>(
  week: string | null,
  options: CostReportOptions,
  make: (g: number, traceId: string, runId: string) => Promise<T>,
): Promise<T> {
  const g = await options.storage.nextG();
  const runId = week ?? `cost-report-${g}`;
  const span = options.startSpan(g, runId);
  try {
    const result = await make(g, span.row().traceId, runId);
    span.end({ status: 'ok' });
    return result;
  } catch (error) {
    span.end({ status: 'error', error: messageOf(error) });
    throw error;
  }
}

interface Asked {
  readonly since: number;
  readonly until: number;
  readonly priceAs: string | null;
  readonly remarks: readonly string[];
}

async function factsOf(asked: Asked, g: number, traceId: string, options: CostReportOptions): Promise<CostReport> {
  const { storage, clock, version } = options;
  const { reader } = storage;
  const { since, until, priceAs, remarks } = asked;
  const sums = await reader.settled({ since, until, most: mostListed });
  const summary = summaryOf(sums);
  const named = runsNamed(summary);
  const [runs, tasks, resources, backTest, issues, artefacts] = await Promise.all([
    Promise.all(named.map((run) => reader.run(run))),
    Promise.all(named.map((run) => reader.tasks(run))),
    reader.used({ since, until }),
    reader.backTest({ since, until }),
    reader.issues({ since, until, limit: mostListed }),
    Promise.all(named.map((run) => reader.artefacts(run))),
  ]);
  const { upTo } = sums;
  return {
    g,
    traceId,
    version,
    at: clock.now(),
    since,
    until,
    upTo,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    summary,
    whatIf: priceAs === null ? null : await whatIfOf({ since, until, upTo, priceAs }, reader, await options.prices()),
    resources,
    budgets: options.budgets(),
    backTest,
    runs: runs.filter((run) => run !== null),
    tasks: tasks.flat(),
    artefacts: artefacts.flat(),
    issues,
    remarks,
  };
}

interface About {
  readonly g: number;
  readonly traceId: string;
  readonly runId: string;
  readonly workspace: string | null;
  readonly at: number;
}

function rowsOf(file: OwnFile, about: About): { readonly report: ReportRow; readonly artefact: ArtefactRow } {
  const { g, traceId, runId, workspace, at } = about;
  const { absolute, shown, sha256, size } = file;
  return {
    report: { g, kind: 'cost', path: absolute, workspace, at, sha256 },
    artefact: { path: shown, sha256, size, g, runId, taskId: null, traceId, workspace, at },
  };
}

async function write(query: ReportQuery, g: number, text: string, options: CostReportOptions): Promise<OwnFile | null> {
  if (query.out === '-') return null;
  if (query.out === null) {
    const workspace = query.workspace !== null && options.trusted(query.workspace) ? query.workspace : null;
    return writeOwnFile(
      { workspace, dataDir: options.dataDir },
      `reports/cost_report_g${formatG(g)}.${query.format}`,
      text,
    );
  }
  const absolute = isAbsolute(query.out) ? query.out : resolve(query.out);
  const content = Buffer.from(text, 'utf8');
  try {
    await writeFile(absolute, content);
  } catch (error) {
    throw new HaiosError(
      'USAGE',
      `The report cannot be written to “${query.out}” (${messageOf(error)}); give another file with --out.`,
      { cause: error },
    );
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { absolute, shown: absolute, inWorkspace: false, sha256, size: content.length };
}
