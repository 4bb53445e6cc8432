import { exactUsd, formatG, formatInteger, formatUsd } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import { annotationBlock } from './annotation.ts';
import { byResource, forecastHits, reportAnnotation, topCount } from './cost-facts.ts';
import type { CostReport } from './cost-facts.ts';
import { backTestSql, reproducingSql } from './cost-sql.ts';
import type { CostGroup, Listed } from './cost-summary.ts';
import { budgetUse } from './markdown/budget-use.ts';
import { groupName, groupTable } from './markdown/groups.ts';
import { table } from './markdown/table.ts';
import { markedParts, overruns } from './markdown/marked-parts.ts';
import { whatIf } from './markdown/what-if.ts';
import { markdownFence, markdownText } from './escape.ts';
import { isoTime, lengthOf } from './format.ts';

export function costReportMarkdown(report: CostReport): string {
  const { summary } = report;
  const { total } = summary;
  const groups = (name: string, list: readonly CostGroup[], label: (group: CostGroup) => string): string =>
    groupTable(name, list, label, total);
  const key = (group: CostGroup): string => markdownText(group.key);
  const parts = [
    heading(report),
    section('Total by resource', resources(report)),
    section('By day', groups('day', summary.byDay, key)),
    section('By model', groups('model', summary.byModel, key)),
    section('By agent', groups('agent', summary.byAgent, key)),
    section('By service tier', groups('tier', summary.byTier, key)),
    section('Most expensive runs', top(summary.byRun, 'run', groups, groupName.run(report))),
    section('Most expensive tasks', top(summary.byTask, 'task', groups, groupName.task(report))),
    ...(report.whatIf === null
      ? []
      : [section(`What if all of it ran on ${markdownText(report.whatIf.model)}`, whatIf(report, report.whatIf))]),
    section('Estimated, unpriced and other marks', markedParts(total)),
    section('Defects of the bound', overruns(summary)),
    section('Budgets', budgetUse(report)),
    section('Forecasts', forecasts(report)),
    section('Issues', issues(report)),
    section('Artefacts', artefacts(report)),
    section(
      'How to check these numbers',
      `Money is held in integer nano-dollars (1 USD = 1,000,000,000). These queries give the totals above:\n\n${markdownFence(reproducingSql(report), 'sql')}\n\nAnd this one the forecasts:\n\n${markdownFence(backTestSql(report.since, report.until), 'sql')}`,
    ),
    annotationBlock(reportAnnotation(report)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function heading(report: CostReport): string {
  const { total } = report.summary;
  const money =
    total.calls === 0
      ? 'No call was settled'
      : `${formatUsd(total.nusd)} and ${formatInteger(totalTokens(total.tokens))} tokens in ${callCount(total.calls)}`;
  const lines = [
    `# Cost report g${formatG(report.g)}`,
    '',
    `${money}, ${isoTime(report.since)} to ${isoTime(report.until)} ` +
      `(${lengthOf(report.since, report.until)}, ${markdownText(report.timeZone)}).`,
    '',
    `Written ${isoTime(report.at)} by HAiOS ${markdownText(report.version)}.`,
  ];
  if (total.reckonedNusd > 0) {
    const paid = exactUsd(total.nusd - total.reckonedNusd);
    lines.push(
      '',
      `**${exactUsd(total.reckonedNusd)} USD of it is reckoned at another model’s prices (\`price_as\`) and was not paid; ${paid} USD was.**`,
    );
  }
  for (const remark of report.remarks) lines.push('', markdownText(remark, 1000));
  return lines.join('\n');
}

function section(title: string, body: string): string {
  return `## ${title}\n\n${body}`;
}

function resources(report: CostReport): string {
  const rows = byResource(report).map(({ resource, amount, unit }) => [
    resource,
    resource === 'usd' ? exactUsd(amount) : resource === 'cpu_seconds' ? amount.toFixed(3) : formatInteger(amount),
    resource === 'usd' ? 'USD' : unit,
  ]);
  return table(['resource', 'amount', 'unit'], (i) => i === 1, rows);
}

function top(
  list: Listed,
  name: string,
  groups: (name: string, list: readonly CostGroup[], label: (group: CostGroup) => string) => string,
  label: (group: CostGroup) => string,
): string {
  const all = list.groups.length + list.restKeys;
  const body = groups(name, list.groups.slice(0, topCount), label);
  return all <= topCount
    ? body
    : `${body}\n\nThe first ${topCount} of ${formatInteger(all)}; the JSON report lists ${list.restKeys === 0 ? 'all' : formatInteger(list.groups.length)}.`;
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
