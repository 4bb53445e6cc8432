import type { BackTest, Hits } from '../core/forecast/back-test.ts';
import { nominalCoverage } from '../core/forecast/range.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { ArtefactRow, BudgetUse, CostRecord, IssueRow, RunRow, TaskRow } from '../protocol/rows.ts';
import type { Annotation } from './annotation.ts';
import type { CostGroup, CostSummary } from './cost-summary.ts';
import type { WhatIf } from './what-if.ts';

/** Everything a cost report says. Rows are as the databases hold them; nothing is looked up here. */
export interface CostReport {
  readonly g: number;
  readonly traceId: string | null;
  readonly version: string;
  /** Milliseconds since the epoch; settlements with `since` ≤ time < `until` are in. */
  readonly at: number;
  readonly since: number;
  readonly until: number;
  /** The ledger's last entry that was seen. */
  readonly upTo: number;
  /** IANA name of the zone whose calendar days are meant. */
  readonly timeZone: string;
  /** What was paid, as the ledger holds it. */
  readonly summary: CostSummary;
  /** What the same calls would have cost, if the reader asked for that. */
  readonly whatIf: WhatIf | null;
  /** Processor, memory and disk of the cost records in the window. Its money and tokens are not used. */
  readonly resources: CostRecord;
  /** The budgets in force when it was written. */
  readonly budgets: readonly BudgetUse[];
  /** The forecasts of runs that succeeded in the window, against what they then took. */
  readonly backTest: BackTest;
  /** Names for ids: what is missing here is shown by its id. */
  readonly runs: readonly RunRow[];
  readonly tasks: readonly TaskRow[];
  readonly artefacts: readonly ArtefactRow[];
  readonly issues: readonly IssueRow[];
  /** What else its reader must know, a sentence each. */
  readonly remarks: readonly string[];
}

/** How many runs and tasks the “most expensive” lists show. */
export const topCount = 10;

/** Ids of the runs whose rows (and whose tasks' rows) the report can name. */
export function runsNamed({ byRun, byTask }: CostSummary): readonly string[] {
  const top = [
    ...byRun.groups.slice(0, topCount).map((r) => r.runId),
    ...byTask.groups.slice(0, topCount).map((t) => t.runId),
  ];
  return [...new Set(top)];
}

/** Amounts by resource, each in its own unit; usd in nano-dollars. */
export function byResource(report: CostReport): readonly { resource: string; amount: number; unit: string }[] {
  const { total } = report.summary;
  return [
    { resource: 'usd', amount: total.nusd, unit: 'nano-dollars' },
    { resource: 'tokens', amount: totalTokens(total.tokens), unit: 'tokens' },
    { resource: 'cpu_seconds', amount: report.resources.cpuSeconds, unit: 's' },
    { resource: 'mem_bytes', amount: report.resources.memBytes, unit: 'bytes, the highest peak of a task' },
    { resource: 'disk_bytes', amount: report.resources.diskBytes, unit: 'bytes written less removed' },
  ];
}

/** What the forecasts said of each measure, those that said nothing of it left out. `nominal` is what they aim at. */
export function forecastHits({ backTest }: CostReport): readonly (Hits & { measure: string; nominal: number })[] {
  const measures = [
    { measure: 'duration', ...backTest.durationMs },
    { measure: 'tokens', ...backTest.tokens },
    { measure: 'usd', ...backTest.nusd },
    { measure: 'memory', ...backTest.memBytes },
  ];
  return measures.filter((hits) => hits.of > 0).map((hits) => ({ ...hits, nominal: nominalCoverage }));
}

/** A group in the what-if, nano-dollars: what was paid (nothing for what was only reckoned), would have been, the difference. */
export interface Compared {
  readonly key: string;
  readonly paid: number;
  readonly whatIf: number;
  readonly difference: number;
}

export function compared(group: CostGroup, whatIf: number): Compared {
  const paid = group.nusd - group.reckonedNusd;
  return { key: group.key, paid, whatIf, difference: whatIf - paid };
}

/** Runs that a budget stopped in the window. */
export function refusals({ issues }: CostReport): number {
  return issues.filter(({ code }) => code === 'BUDGET_EXCEEDED').length;
}

export function reportAnnotation(report: CostReport): Annotation {
  const { total, callsOmitted } = report.summary;
  const partial = total.estimatedCalls > 0 || total.unpricedCalls > 0;
  return {
    kind: 'cost_report',
    g: report.g,
    traceId: report.traceId,
    version: report.version,
    author: 'haios runtime',
    runId: null,
    sources: ['ledger.db: ledger', 'haios.db: runs, tasks, cost_records, artefacts, issues, forecasts'],
    quality: {
      status: partial ? 'PARTIAL' : 'PASS',
      notes:
        `${total.calls} settled calls, ${total.estimatedCalls} estimated, ${total.unpricedCalls} unpriced` +
        (callsOmitted === 0 ? '' : `, ${callsOmitted} counted but not listed`),
    },
  };
}
