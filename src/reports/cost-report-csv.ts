import { exactUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { Tokens } from '../protocol/rows.ts';
import { byResource, forecastHits } from './cost-facts.ts';
import type { CostReport } from './cost-facts.ts';
import type { CostGroup } from './cost-tally.ts';
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
  'estimated_usd_nano',
  'unpriced_calls',
  'pricing',
  'amount',
  'unit',
  'trace_id',
] as const;
type Row = Partial<Record<(typeof columns)[number], Cell>>;

/** One table; `section` tells totals (`total`, `day`, `model`, `agent`, `run`, `task`, `resource`, `forecast`) and calls (`call`) apart. */
export function costReportCsv(report: CostReport): string {
  const { summary } = report;
  const prompts = new Map(report.runs.map((run) => [run.runId, run.prompt]));
  const titles = new Map(report.tasks.map((task) => [task.taskId, task.title]));
  const rows: Row[] = [
    group('total', { ...summary.total, key: `${isoTime(report.since)}/${isoTime(report.until)}` }),
    ...summary.byDay.map((g) => group('day', g)),
    ...summary.byModel.map((g) => ({ ...group('model', g), model: g.key })),
    ...summary.byAgent.map((g) => ({ ...group('agent', g), agent: g.key })),
    ...summary.byRun.map((g) => ({ ...group('run', g), label: prompts.get(g.key) ?? null, run: g.key })),
    ...summary.byTask.map((g) => ({
      ...group('task', g),
      label: titles.get(g.key) ?? null,
      run: g.runId,
      task: g.key,
    })),
    ...byResource(report).map((r) => ({ section: 'resource', key: r.resource, amount: r.amount, unit: r.unit })),
    ...forecastHits(report).map(({ measure, of, within }) => ({
      section: 'forecast',
      key: measure,
      amount: within,
      unit: `of ${of} runs in the range of their forecast`,
    })),
    ...summary.calls.map((call) => ({
      section: 'call',
      key: call.callId,
      at: isoTime(call.settledAt ?? call.at),
      run: call.runId,
      task: call.taskId,
      agent: call.agent,
      role: call.role,
      model: call.model,
      calls: 1,
      ...tokenCells(call.tokens),
      usd: call.pricing === 'unpriced' ? null : exactUsd(call.nusd),
      usd_nano: call.pricing === 'unpriced' ? null : call.nusd,
      estimated_calls: call.estimated ? 1 : 0,
      estimated_usd_nano: call.estimated ? call.nusd : 0,
      unpriced_calls: call.pricing === 'unpriced' ? 1 : 0,
      pricing: call.pricing,
      trace_id: call.traceId,
    })),
  ];
  const lines = rows.map((row) => columns.map((column) => csvField(row[column] ?? null)).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
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
    estimated_usd_nano: g.estimatedNusd,
    unpriced_calls: g.unpricedCalls,
  };
}

function tokenCells(tokens: Tokens): Row {
  return {
    ...Object.fromEntries(buckets.map((bucket) => [bucket, tokens[bucket]])),
    total_tokens: totalTokens(tokens),
  };
}
