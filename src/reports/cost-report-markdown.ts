import { exactUsd, formatG, formatInteger, formatUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import { annotationBlock } from './annotation.ts';
import { byResource, forecastHits, reportAnnotation, topCount } from './cost-facts.ts';
import type { CostReport } from './cost-facts.ts';
import { backTestSql, reproducingSql } from './cost-sql.ts';
import type { CostGroup } from './cost-tally.ts';
import { markdownFence, markdownText } from './escape.ts';
import { buckets, bucketNames, isoTime } from './format.ts';

export function costReportMarkdown(report: CostReport): string {
  const parts = [
    heading(report),
    section('Total by resource', resources(report)),
    section(
      'By day',
      groups('day', report.summary.byDay, (g) => g.key),
    ),
    section(
      'By model',
      groups('model', report.summary.byModel, (g) => markdownText(g.key)),
    ),
    section(
      'By agent',
      groups('agent', report.summary.byAgent, (g) => markdownText(g.key)),
    ),
    section(
      'Most expensive runs',
      top(report.summary.byRun, groups('run', report.summary.byRun.slice(0, topCount), runName(report))),
    ),
    section(
      'Most expensive tasks',
      top(report.summary.byTask, groups('task', report.summary.byTask.slice(0, topCount), taskName(report))),
    ),
    section('Estimated and unpriced', uncertain(report.summary.total)),
    section('Forecasts', forecasts(report)),
    section('Issues', issues(report)),
    section('Artefacts', artefacts(report)),
    section(
      'How to check these numbers',
      `Money is held in integer nano-dollars (1 USD = 1,000,000,000). These queries give the totals above:\n\n${markdownFence(reproducingSql(report.since, report.until), 'sql')}\n\nAnd this one the forecasts:\n\n${markdownFence(backTestSql(report.since, report.until), 'sql')}`,
    ),
    annotationBlock(reportAnnotation(report)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function heading(report: CostReport): string {
  const { total } = report.summary;
  const lines = [
    `# Cost report g${formatG(report.g)}`,
    '',
    `${formatUsd(total.nusd)} and ${formatInteger(totalTokens(total.tokens))} tokens in ${callCount(total.calls)}, ` +
      `${isoTime(report.since)} to ${isoTime(report.until)} (${report.days} ${report.days === 1 ? 'day' : 'days'}, ${markdownText(report.timeZone)}).`,
    '',
    `Written ${isoTime(report.at)} by HAiOS ${markdownText(report.version)}.`,
  ];
  if (report.priceAs !== null) {
    lines.push('', `**All money is reckoned as ${markdownText(report.priceAs)}: it is not what was paid.**`);
  } else if (total.reckonedNusd > 0) {
    const paid = exactUsd(total.nusd - total.reckonedNusd);
    lines.push(
      '',
      `**${exactUsd(total.reckonedNusd)} USD of it is reckoned at another model’s prices (\`price_as\`) and was not paid; ${paid} USD was.**`,
    );
  }
  return lines.join('\n');
}

function section(title: string, body: string): string {
  return `## ${title}\n\n${body}`;
}

function table(
  head: readonly string[],
  numeric: (column: number) => boolean,
  rows: readonly (readonly string[])[],
): string {
  const rule = head.map((_, i) => (numeric(i) ? '---:' : '---'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function resources(report: CostReport): string {
  const rows = byResource(report).map(({ resource, amount, unit }) => [
    resource,
    resource === 'usd' ? exactUsd(amount) : resource === 'cpu_seconds' ? amount.toFixed(3) : formatInteger(amount),
    resource === 'usd' ? 'USD' : unit,
  ]);
  return table(['resource', 'amount', 'unit'], (i) => i === 1, rows);
}

function groups<T extends CostGroup>(name: string, list: readonly T[], label: (group: T) => string): string {
  if (list.length === 0) return 'None.';
  const head = [
    name,
    'calls',
    ...buckets.map((b) => bucketNames[b]),
    'tokens',
    'USD',
    'estimated USD',
    'unpriced calls',
  ];
  const rows = list.map((g) => [
    label(g),
    formatInteger(g.calls),
    ...buckets.map((b) => formatInteger(g.tokens[b])),
    formatInteger(totalTokens(g.tokens)),
    g.unpricedCalls === g.calls ? 'unpriced' : exactUsd(g.nusd),
    exactUsd(g.estimatedNusd),
    formatInteger(g.unpricedCalls),
  ]);
  return table(head, (i) => i > 0, rows);
}

function top(all: readonly CostGroup[], body: string): string {
  return all.length <= topCount
    ? body
    : `${body}\n\nThe first ${topCount} of ${formatInteger(all.length)}; the JSON report lists all.`;
}

function runName(report: CostReport): (group: CostGroup) => string {
  const runs = new Map(report.runs.map((run) => [run.runId, run]));
  return ({ key }) => {
    const run = runs.get(key);
    return run === undefined ? markdownText(key) : `g${formatG(run.g)} ${markdownText(run.prompt, 60)} (${run.status})`;
  };
}

function taskName(report: CostReport): (group: CostGroup) => string {
  const titles = new Map(report.tasks.map((task) => [task.taskId, task.title]));
  return ({ key }) => markdownText(titles.get(key) ?? key, 60);
}

function uncertain(total: CostGroup): string {
  const { estimatedCalls, unpricedCalls } = total;
  const estimated =
    estimatedCalls === 0
      ? 'No call is estimated.'
      : `Estimated: ${callCount(estimatedCalls)}, ${exactUsd(total.estimatedNusd)} USD of the total ` +
        '(the provider sent no usable usage, or the call was cut off).';
  const unpriced =
    unpricedCalls === 0
      ? 'No call is unpriced.'
      : `Unpriced: ${callCount(unpricedCalls)} with ${formatInteger(totalTokens(total.unpricedTokens))} tokens ` +
        '(no known price: what they cost is unknown and not in the total).';
  return `- ${estimated}\n- ${unpriced}`;
}

function forecasts(report: CostReport): string {
  const { runs } = report.backTest;
  const hits = forecastHits(report);
  if (hits.length === 0) {
    const why = runs === 0 ? '' : ` ${runCount(runs)} succeeded before there was enough history.`;
    return `No forecast yet.${why}`;
  }
  const forecast = Math.max(...hits.map(({ of }) => of));
  const rows = hits.map(({ measure, of, within, nominal }) => [
    measure,
    formatInteger(of),
    formatInteger(within),
    `${((100 * within) / of).toFixed(1)} %`,
    `${100 * nominal} %`,
  ]);
  return (
    `Of ${runCount(runs)} that succeeded, ${formatInteger(forecast)} had a forecast before they began. ` +
    `How often the truth lay in its range:\n\n${table(['measure', 'runs', 'in the range', 'share', 'aimed at'], (i) => i > 0, rows)}`
  );
}

function runCount(runs: number): string {
  return `${formatInteger(runs)} ${runs === 1 ? 'run' : 'runs'}`;
}

function callCount(calls: number): string {
  return `${formatInteger(calls)} ${calls === 1 ? 'call' : 'calls'}`;
}

function issues(report: CostReport): string {
  if (report.issues.length === 0) return 'None.';
  return report.issues
    .map(
      (issue) =>
        `- ${isoTime(issue.at)} **${issue.code.replaceAll('_', '\\_')}** ${markdownText(issue.message)}${issue.closedAt === null ? '' : ' (closed)'}`,
    )
    .join('\n');
}

function artefacts(report: CostReport): string {
  if (report.artefacts.length === 0) return 'None.';
  const rows = report.artefacts.map((a) => [
    `g${formatG(a.g)}`,
    markdownText(a.path),
    formatInteger(a.size),
    a.sha256,
    a.traceId,
  ]);
  return table(['g', 'path', 'bytes', 'sha256', 'trace id'], (i) => i === 2, rows);
}
