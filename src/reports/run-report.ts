import { exactUsd, formatCost, formatG, formatInteger } from '../protocol/money.ts';
import { totalTokens } from '../protocol/rows.ts';
import type { ArtefactRow, IssueRow, RunRow } from '../protocol/rows.ts';
import { formatDuration } from '../protocol/text.ts';
import { annotationBlock } from './annotation.ts';
import { markdownEmbed, markdownFence, markdownText } from './escape.ts';
import { buckets, bucketNames, isoTime } from './format.ts';

export interface RunReport {
  readonly run: RunRow;
  /** Files the run's tools wrote, the report itself excluded. */
  readonly artefacts: readonly ArtefactRow[];
  readonly issues: readonly IssueRow[];
  readonly version: string;
  readonly writtenAt: number;
}

/** File name of a run's report. */
export function runReportName(g: number): string {
  return `report_g${formatG(g)}.md`;
}

/** The artefact of a run: what was asked, what came out, what changed and what it cost. */
export function runReport(report: RunReport): string {
  const { run } = report;
  const parts = [
    `# ${markdownText(run.prompt, 80)}`,
    `Run g${formatG(run.g)}, **${run.status.replaceAll('_', ' ')}**, ${isoTime(run.startedAt)}, ` +
      `${formatDuration(run.durationMs)}, model ${markdownText(run.model)}, agent ${markdownText(run.agent)}.`,
    `## Prompt\n\n${markdownFence(run.prompt, 'text')}`,
    `## Result\n\n${run.text.trim() === '' ? 'No text.' : markdownEmbed(run.text)}`,
    ...(run.error === null
      ? []
      : [`## Error\n\n${run.error.code.replaceAll('_', '\\_')}: ${markdownText(run.error.message, 500)}`]),
    `## Files changed\n\n${files(report.artefacts)}`,
    `## Cost\n\n${cost(run)}`,
    `## Issues\n\n${issues(report.issues)}`,
    annotationBlock({
      kind: 'report',
      g: run.g,
      traceId: run.traceId,
      version: report.version,
      author: `agent ${run.agent}`,
      runId: run.runId,
      sources: report.artefacts.map((a) => a.path),
      quality: {
        status: run.status === 'succeeded' ? 'PASS' : 'PARTIAL',
        notes: `Run ${run.status.replaceAll('_', ' ')}.`,
      },
    }),
  ];
  return `${parts.join('\n\n')}\n`;
}

function files(artefacts: readonly ArtefactRow[]): string {
  if (artefacts.length === 0) return 'None.';
  const rows = artefacts.map((a) => `| ${markdownText(a.path)} | ${formatInteger(a.size)} | ${a.sha256} |`);
  return ['| path | bytes | sha256 |', '| --- | ---: | --- |', ...rows].join('\n');
}

function cost(run: RunRow): string {
  const { cost } = run;
  const parts = buckets
    .filter((b) => cost.tokens[b] > 0)
    .map((b) => `${bucketNames[b]} ${formatInteger(cost.tokens[b])}`);
  const tokens = `${formatInteger(totalTokens(cost.tokens))} tokens${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
  const as = run.priceAs === null ? '' : ` as ${markdownText(run.priceAs)}`;
  const remarks = [
    ...(cost.estimated ? ['Part of it is an estimate.'] : []),
    ...(cost.unpricedCalls > 0
      ? [
          `${cost.unpricedCalls} unpriced ${cost.unpricedCalls === 1 ? 'call' : 'calls'}: what that cost is unknown and not in the sum.`,
        ]
      : []),
    ...(run.priceAs === null ? [] : ['The money is reckoned at that model’s prices and was not paid.']),
  ];
  return [
    `${formatCost(cost)}${as} (exactly ${exactUsd(cost.nusd)} USD), ${tokens}, ${formatInteger(run.workerCalls)} worker calls in ` +
      `${formatInteger(run.tasks)} ${run.tasks === 1 ? 'task' : 'tasks'}, ${cost.cpuSeconds.toFixed(3)} s of processor time, ` +
      `${formatInteger(cost.memBytes)} bytes of memory at the peak, ${formatInteger(cost.diskBytes)} bytes of disk.`,
    ...remarks,
  ].join(' ');
}

function issues(list: readonly IssueRow[]): string {
  if (list.length === 0) return 'None.';
  return list
    .map((issue) => `- **${issue.code.replaceAll('_', '\\_')}** ${markdownText(issue.message, 500)}`)
    .join('\n');
}
