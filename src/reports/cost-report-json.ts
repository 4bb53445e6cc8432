import { exactUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { LedgerRow } from '../protocol/rows.ts';
import { byResource, compared, forecastHits, refusals, reportAnnotation } from './cost-facts.ts';
import type { CostReport } from './cost-facts.ts';
import { backTestSql, reproducingSql } from './cost-sql.ts';
import type { CostGroup, Listed } from './cost-summary.ts';
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
    time_zone: report.timeZone,
    remarks: report.remarks,
    total: group(summary.total),
    by_day: summary.byDay.map(group),
    by_model: summary.byModel.map(group),
    by_agent: summary.byAgent.map(group),
    by_tier: summary.byTier.map(group),
    by_run: summary.byRun.groups.map((g) => {
      const run = runs.get(g.key);
      return { ...group(g), g: run?.g ?? null, status: run?.status ?? null, prompt: run?.prompt ?? null };
    }),
    other_runs: rest(summary.byRun),
    by_task: summary.byTask.groups.map((g) => ({ ...group(g), run: g.runId, title: tasks.get(g.key)?.title ?? null })),
    other_tasks: rest(summary.byTask),
    by_resource: byResource(report),
    budgets: {
      in_force: report.budgets.map(
        ({ name, resource, scope, key, window, limit, overridden, used, reserved, ratio }) => ({
          name,
          resource,
          scope,
          key,
          window,
          limit,
          set_by_a_person: overridden !== null,
          used,
          reserved,
          ratio,
        }),
      ),
      runs_stopped: refusals(report),
    },
    defects_of_the_bound: {
      calls: summary.total.overruns.calls,
      usd_nano: summary.total.overruns.nusd,
      tokens: summary.total.overruns.tokens,
      list: summary.overruns.map((row) => ({
        ...call(row),
        over_usd_nano: Math.max(0, row.nusd - row.reservedNusd),
        over_tokens: Math.max(0, totalTokens(row.tokens) - row.reservedTokens),
      })),
    },
    forecasts: { runs: report.backTest.runs, measures: forecastHits(report) },
    what_if: whatIf(report),
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
    sql: reproducingSql(report),
    forecasts_sql: backTestSql(report.since, report.until),
    quality: reportAnnotation(report).quality,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function whatIf({ summary, whatIf: would }: CostReport): Record<string, unknown> | null {
  if (would === null) return null;
  const one = (g: CostGroup, nusd: number): Record<string, unknown> => {
    const { key, paid, whatIf: sum, difference } = compared(g, nusd);
    return { key, paid_usd_nano: paid, what_if_usd_nano: sum, difference_usd_nano: difference };
  };
  const all = (groups: readonly CostGroup[], nusd: ReadonlyMap<string, number>): readonly Record<string, unknown>[] =>
    groups.map((g) => one(g, nusd.get(g.key) ?? 0));
  return {
    price_as: would.model,
    total: one(summary.total, would.total),
    by_day: all(summary.byDay, would.byDay),
    by_model: all(summary.byModel, would.byModel),
    by_agent: all(summary.byAgent, would.byAgent),
    by_run: all(summary.byRun.groups, would.byRun),
    by_task: all(summary.byTask.groups, would.byTask),
  };
}

function rest({ restKeys, rest: sums }: Listed): Record<string, unknown> | null {
  return restKeys === 0 ? null : { ...group(sums), keys: restKeys };
}

function group(g: CostGroup): Record<string, unknown> {
  return {
    key: g.key,
    calls: g.calls,
    tokens: { ...g.tokens, total: totalTokens(g.tokens) },
    usd: exactUsd(g.nusd),
    usd_nano: g.nusd,
    estimated: { calls: g.estimatedCalls, tokens: g.estimatedTokens, usd_nano: g.estimatedNusd },
    reported: { calls: g.reportedCalls, usd_nano: g.reportedNusd },
    reckoned_as_another_model: { calls: g.reckonedCalls, usd_nano: g.reckonedNusd },
    unpriced: { calls: g.unpricedCalls, tokens: g.unpricedTokens },
    overrun: { calls: g.overruns.calls, usd_nano: g.overruns.nusd, tokens: g.overruns.tokens },
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
    service_tier: row.serviceTier,
    tokens: { ...row.tokens, total: totalTokens(row.tokens) },
    usd: unpriced ? null : exactUsd(row.nusd),
    usd_nano: unpriced ? null : row.nusd,
    reserved_usd_nano: row.reservedNusd,
    reserved_tokens: row.reservedTokens,
    pricing: row.pricing,
    price_source: row.priceSource,
    estimated: row.estimated,
    trace_id: row.traceId,
  };
}
