import { exactUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { LedgerRow, Tokens } from '../protocol/rows.ts';
import { byResource, compared, forecastHits } from './cost-facts.ts';
import type { CostReport } from './cost-facts.ts';
import type { CostGroup, KeyGroup, Listed } from './cost-summary.ts';
import { csvField } from './escape.ts';
import { buckets, isoTime } from './format.ts';

type Cell = string | number | boolean | null;

const columns = [
  'section',
  'key',
  'label',
  'at',
  'run',
  'task',
  'agent',
  'role',
  'model',
  'calls',
  'input',
  'cache_read',
  'cache_write',
  'cache_write_1h',
  'output',
  'reasoning',
  'total_tokens',
  'usd',
  'usd_nano',
  'estimated_calls',
  'estimated_tokens',
  'estimated_usd_nano',
  'reported_calls',
  'reported_usd_nano',
  'reckoned_calls',
  'reckoned_usd_nano',
  'unpriced_calls',
  'unpriced_tokens',
  'overrun_calls',
  'overrun_usd_nano',
  'overrun_tokens',
  'paid_usd_nano',
  'what_if_usd_nano',
  'difference_usd_nano',
  'pricing',
  'tier',
  'amount',
  'limit',
  'unit',
  'trace_id',
] as const;
type Row = Partial<Record<(typeof columns)[number], Cell>>;

/**
 * One table; `section` tells totals (`total`, `day`, `model`, `agent`, `tier`, `run`, `task`, `resource`, `budget`,
 * `forecast`, `what_if_…`) and calls (`call`, and again `overrun`) apart. What a section does not list of its runs, tasks
 * or calls is in its row with the key `rest`.
 */
export function costReportCsv(report: CostReport): string {
  const { summary } = report;
  const prompts = new Map(report.runs.map((run) => [run.runId, run.prompt]));
  const titles = new Map(report.tasks.map((task) => [task.taskId, task.title]));
  const rows: Row[] = [
    group('total', { ...summary.total, key: `${isoTime(report.since)}/${isoTime(report.until)}` }),
    ...summary.byDay.map((g) => group('day', g)),
    ...summary.byModel.map((g) => ({ ...group('model', g), model: g.key })),
    ...summary.byAgent.map((g) => ({ ...group('agent', g), agent: g.key })),
    ...summary.byTier.map((g) => ({ ...group('tier', g), tier: g.key })),
    ...listed('run', summary.byRun, (g) => ({ label: prompts.get(g.key) ?? null, run: g.key })),
    ...listed('task', summary.byTask, (g) => ({ label: titles.get(g.key) ?? null, run: g.runId, task: g.key })),
    ...byResource(report).map((r) => ({ section: 'resource', key: r.resource, amount: r.amount, unit: r.unit })),
    ...report.budgets.map((b) => ({
      section: 'budget',
      key: b.name,
      label: `${b.scope} ${b.key}, ${b.window}`,
      amount: b.used,
      limit: b.limit,
      unit: b.resource === 'usd' ? 'nano-dollars' : b.resource,
    })),
    ...forecastHits(report).map(({ measure, of, within }) => ({
      section: 'forecast',
      key: measure,
      amount: within,
      unit: `of ${of} runs in the range of their forecast`,
    })),
    ...whatIf(report),
    ...summary.calls.map((row) => call('call', row)),
    ...summary.overruns.map((row) => call('overrun', row)),
  ];
  const lines = rows.map((row) => columns.map((column) => csvField(row[column] ?? null)).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function listed(section: string, list: Listed, about: (g: KeyGroup) => Row): readonly Row[] {
  const rows = list.groups.map((g) => ({ ...group(section, g), ...about(g) }));
  return list.restKeys === 0 ? rows : [...rows, { ...group(section, list.rest), label: `${list.restKeys} more` }];
}

function whatIf({ summary, whatIf: would }: CostReport): readonly Row[] {
  if (would === null) return [];
  const rows = (section: string, groups: readonly CostGroup[], nusd: ReadonlyMap<string, number>): readonly Row[] =>
    groups.map((g) => comparison(section, g, nusd.get(g.key) ?? 0, would.model));
  return [
    comparison('what_if_total', summary.total, would.total, would.model),
    ...rows('what_if_day', summary.byDay, would.byDay),
    ...rows('what_if_model', summary.byModel, would.byModel),
    ...rows('what_if_agent', summary.byAgent, would.byAgent),
    ...rows('what_if_run', summary.byRun.groups, would.byRun),
    ...rows('what_if_task', summary.byTask.groups, would.byTask),
  ];
}

function comparison(section: string, g: CostGroup, nusd: number, model: string): Row {
  const { key, paid, whatIf: would, difference } = compared(g, nusd);
  return {
    section,
    key,
    label: `as ${model}`,
    paid_usd_nano: paid,
    what_if_usd_nano: would,
    difference_usd_nano: difference,
  };
}

function call(section: string, row: LedgerRow): Row {
  const unpriced = row.pricing === 'unpriced';
  const total = totalTokens(row.tokens);
  return {
    section,
    key: row.callId,
    at: isoTime(row.settledAt ?? row.at),
    run: row.runId,
    task: row.taskId,
    agent: row.agent,
    role: row.role,
    model: row.model,
    calls: 1,
    ...tokenCells(row.tokens),
    usd: unpriced ? null : exactUsd(row.nusd),
    usd_nano: unpriced ? null : row.nusd,
    estimated_calls: row.estimated ? 1 : 0,
    estimated_tokens: row.estimated ? total : 0,
    estimated_usd_nano: row.estimated ? row.nusd : 0,
    unpriced_calls: unpriced ? 1 : 0,
    unpriced_tokens: unpriced ? total : 0,
    overrun_usd_nano: Math.max(0, row.nusd - row.reservedNusd),
    overrun_tokens: Math.max(0, total - row.reservedTokens),
    pricing: row.pricing,
    tier: row.serviceTier,
    trace_id: row.traceId,
  };
}

function group(section: string, g: CostGroup): Row {
  return {
    section,
    key: g.key,
    calls: g.calls,
    ...tokenCells(g.tokens),
    usd: exactUsd(g.nusd),
    usd_nano: g.nusd,
    estimated_calls: g.estimatedCalls,
    estimated_tokens: g.estimatedTokens,
    estimated_usd_nano: g.estimatedNusd,
    reported_calls: g.reportedCalls,
    reported_usd_nano: g.reportedNusd,
    reckoned_calls: g.reckonedCalls,
    reckoned_usd_nano: g.reckonedNusd,
    unpriced_calls: g.unpricedCalls,
    unpriced_tokens: g.unpricedTokens,
    overrun_calls: g.overruns.calls,
    overrun_usd_nano: g.overruns.nusd,
    overrun_tokens: g.overruns.tokens,
  };
}

function tokenCells(tokens: Tokens): Row {
  return {
    ...Object.fromEntries(buckets.map((bucket) => [bucket, tokens[bucket]])),
    total_tokens: totalTokens(tokens),
  };
}
