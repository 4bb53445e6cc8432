import { exactUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { LedgerRow } from '../protocol/rows.ts';
import { byResource, forecastHits, reportAnnotation } from './cost-facts.ts';
import type { CostReport } from './cost-facts.ts';
import { backTestSql, reproducingSql } from './cost-sql.ts';
import type { CostGroup } from './cost-tally.ts';
import { isoTime } from './format.ts';

/** For scripts: money as integer `usd_nano` and, beside it, as an exact decimal string `usd`. */
export function costReportJson(report: CostReport): string {
  const { summary } = report;
  const runs = new Map(report.runs.map((run) => [run.runId, run]));
  const tasks = new Map(report.tasks.map((task) => [task.taskId, task]));
  const document = {
    kind: 'haios_cost_report',
    g: report.g,
    trace_id: report.traceId,
    written_at: isoTime(report.at),
    from: isoTime(report.since),
    until: isoTime(report.until),
    days: report.days,
    time_zone: report.timeZone,
    price_as: report.priceAs,
    total: group(summary.total),
    by_day: summary.byDay.map(group),
    by_model: summary.byModel.map(group),
    by_agent: summary.byAgent.map(group),
    by_run: summary.byRun.map((g) => {
      const run = runs.get(g.key);
      return { ...group(g), g: run?.g ?? null, status: run?.status ?? null, prompt: run?.prompt ?? null };
    }),
    by_task: summary.byTask.map((g) => ({ ...group(g), run: g.runId, title: tasks.get(g.key)?.title ?? null })),
    by_resource: byResource(report),
    forecasts: { runs: report.backTest.runs, measures: forecastHits(report) },
    artefacts: report.artefacts.map(({ path, sha256, size, g, runId, traceId }) => ({
      path,
      sha256,
      size,
      g,
      run: runId,
      trace_id: traceId,
    })),
    issues: report.issues.map(({ issueId, code, message, runId, at, closedAt }) => ({
      issue: issueId,
      code,
      message,
      run: runId,
      at: isoTime(at),
      closed_at: closedAt === null ? null : isoTime(closedAt),
    })),
    calls: summary.calls.map(call),
    calls_omitted: summary.callsOmitted,
    sql: reproducingSql(report.since, report.until),
    forecasts_sql: backTestSql(report.since, report.until),
    quality: reportAnnotation(report).quality,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function group(g: CostGroup): Record<string, unknown> {
  return {
    key: g.key,
    calls: g.calls,
    tokens: { ...g.tokens, total: totalTokens(g.tokens) },
    usd: exactUsd(g.nusd),
    usd_nano: g.nusd,
    estimated: { calls: g.estimatedCalls, usd_nano: g.estimatedNusd },
    reckoned_as_another_model: { usd_nano: g.reckonedNusd },
    unpriced: { calls: g.unpricedCalls, tokens: totalTokens(g.unpricedTokens) },
  };
}

function call(row: LedgerRow): Record<string, unknown> {
  const unpriced = row.pricing === 'unpriced';
  return {
    call: row.callId,
    run: row.runId,
    task: row.taskId,
    settled_at: isoTime(row.settledAt ?? row.at),
    agent: row.agent,
    role: row.role,
    model: row.model,
    response_model: row.responseModel,
    tokens: { ...row.tokens, total: totalTokens(row.tokens) },
    usd: unpriced ? null : exactUsd(row.nusd),
    usd_nano: unpriced ? null : row.nusd,
    pricing: row.pricing,
    price_source: row.priceSource,
    estimated: row.estimated,
    trace_id: row.traceId,
  };
}
