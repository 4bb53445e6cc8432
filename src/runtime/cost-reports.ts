import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { HaiosError, messageOf } from '../core/errors.ts';
import type { Clock, Prices } from '../core/ports.ts';
import type { Span } from '../core/trace.ts';
import { formatG } from '../protocol/money.ts';
import type { ReportQuery, ReportResult } from '../protocol/messages.ts';
import type { LedgerRow } from '../protocol/rows.ts';
import { runsNamed, type CostReport } from '../reports/cost-facts.ts';
import { costReport } from '../reports/cost-report.ts';
import { createCostTally, localDays } from '../reports/cost-tally.ts';
import type { Storage } from '../storage/storage.ts';
import { writeOwnFile } from './own-files.ts';

export interface CostReportOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly version: string;
  readonly dataDir: string;
  readonly prices: () => Promise<Prices>;
  /** Whether the runtime may write into the workspace's `.haios/`. */
  readonly trusted: (workspace: string) => boolean;
  readonly onWritten: (at: number) => void;
  /** Begins the root span of the report numbered `g`, in a trace of its own. */
  readonly startSpan: (g: number) => Span;
}

const pageSize = 500;
const maxCallsListed = 1000;
const dayMs = 86_400_000;

/** Makes the cost report of the last days and writes it where it was asked for. Throws USAGE for an unknown `priceAs` or a path that cannot be written. */
export async function makeCostReport(query: ReportQuery, options: CostReportOptions): Promise<ReportResult> {
  const g = await options.storage.nextG();
  const span = options.startSpan(g);
  try {
    const result = await makeNumbered(query, g, span.row().traceId, options);
    span.end({ status: 'ok' });
    return result;
  } catch (error) {
    span.end({ status: 'error', error: messageOf(error) });
    throw error;
  }
}

async function makeNumbered(
  query: ReportQuery,
  g: number,
  traceId: string,
  options: CostReportOptions,
): Promise<ReportResult> {
  const { storage, clock } = options;
  const report = await factsOf(query, g, traceId, options);
  const text = costReport(report, query.format);
  const path = await write(query, g, text, options);
  if (path !== null) {
    options.onWritten(clock.now());
    storage.write([
      {
        type: 'report',
        row: { g, kind: 'cost', path: path.absolute, workspace: query.workspace, at: clock.now(), sha256: path.sha256 },
      },
    ]);
    await storage.flush();
  }
  return { text, path: path?.absolute ?? null, g };
}

async function factsOf(
  query: ReportQuery,
  g: number,
  traceId: string,
  options: CostReportOptions,
): Promise<CostReport> {
  const { storage, clock, version } = options;
  const { reader } = storage;
  const until = clock.now();
  const since = until - query.days * dayMs;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const tally = createCostTally({ dayOf: localDays(timeZone), maxCalls: maxCallsListed });
  const prices = await options.prices();
  let cursor: string | null = null;
  do {
    const page = await reader.calls({ by: 'all', key: '', days: query.days, since, limit: pageSize, cursor });
    for (const call of page.rows) tally.add(query.priceAs === null ? call : repriced(call, query.priceAs, prices));
    cursor = page.next;
  } while (cursor !== null);
  const summary = tally.summary();
  const named = runsNamed(summary);
  const [runs, tasks, resources, backTest, issues, artefacts] = await Promise.all([
    Promise.all(named.map((run) => reader.run(run))),
    Promise.all(named.map((run) => reader.tasks(run))),
    reader.total({ since, until }),
    reader.backTest({ since, until }),
    reader.issues({ limit: 100 }),
    Promise.all(named.map((run) => reader.artefacts(run))),
  ]);
  return {
    g,
    traceId,
    version,
    at: until,
    since,
    until,
    days: query.days,
    timeZone,
    priceAs: query.priceAs,
    summary,
    resources,
    backTest,
    runs: runs.filter((run) => run !== null),
    tasks: tasks.flat(),
    artefacts: artefacts.flat(),
    issues: issues.filter(({ at }) => at >= since),
  };
}

export function repriced(call: LedgerRow, priceAs: string, prices: Prices): LedgerRow {
  const quote = prices.quote({ provider: null, model: priceAs }, call.tokens, call.at);
  if (quote === null) {
    throw new HaiosError(
      'USAGE',
      `--price-as “${priceAs}”: no price is known for that model; give an exact model id, e.g. gpt-5-mini.`,
    );
  }
  return { ...call, nusd: quote.nusd, pricing: 'as', rates: quote.lines, priceSource: quote.source };
}

async function write(
  query: ReportQuery,
  g: number,
  text: string,
  options: CostReportOptions,
): Promise<{ absolute: string; sha256: string } | null> {
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
  try {
    await writeFile(absolute, text);
  } catch (error) {
    throw new HaiosError(
      'USAGE',
      `The report cannot be written to “${query.out}” (${messageOf(error)}); give another file with --out.`,
      { cause: error },
    );
  }
  return { absolute, sha256: createHash('sha256').update(text).digest('hex') };
}
