import { exactUsd, formatG, formatInteger } from '../../protocol/money.ts';
import { totalTokens } from '../../protocol/rows.ts';
import type { CostReport } from '../cost-facts.ts';
import type { CostGroup } from '../cost-summary.ts';
import { markdownText } from '../escape.ts';
import { bucketNames, buckets } from '../format.ts';
import { table } from './table.ts';

/** Groups with their tokens, money and marks. Money that was reported or reckoned has a column where `total` has any. */
export function groupTable(
  name: string,
  list: readonly CostGroup[],
  label: (group: CostGroup) => string,
  total: CostGroup,
): string {
  if (list.length === 0) return 'None.';
  const marks = [
    { head: 'estimated USD', shown: true, cell: (g: CostGroup) => exactUsd(g.estimatedNusd) },
    { head: 'reported USD', shown: total.reportedCalls > 0, cell: (g: CostGroup) => exactUsd(g.reportedNusd) },
    { head: 'reckoned USD', shown: total.reckonedCalls > 0, cell: (g: CostGroup) => exactUsd(g.reckonedNusd) },
    { head: 'unpriced calls', shown: true, cell: (g: CostGroup) => formatInteger(g.unpricedCalls) },
  ].filter(({ shown }) => shown);
  const head = [
    name,
    'calls',
    ...buckets.map((bucket) => bucketNames[bucket]),
    'tokens',
    'USD',
    ...marks.map((m) => m.head),
  ];
  const rows = list.map((g) => [
    label(g),
    formatInteger(g.calls),
    ...buckets.map((bucket) => formatInteger(g.tokens[bucket])),
    formatInteger(totalTokens(g.tokens)),
    g.unpricedCalls === g.calls ? 'unpriced' : exactUsd(g.nusd),
    ...marks.map((m) => m.cell(g)),
  ]);
  return table(head, (i) => i > 0, rows);
}

/** What a run and a task are called: by their row, or by the id where there is none. */
export const groupName = {
  run(report: CostReport): (group: CostGroup) => string {
    const runs = new Map(report.runs.map((run) => [run.runId, run]));
    return ({ key }) => {
      const run = runs.get(key);
      return run === undefined
        ? markdownText(key)
        : `g${formatG(run.g)} ${markdownText(run.prompt, 60)} (${run.status})`;
    };
  },
  task(report: CostReport): (group: CostGroup) => string {
    const titles = new Map(report.tasks.map((task) => [task.taskId, task.title]));
    return ({ key }) => markdownText(titles.get(key) ?? key, 60);
  },
};
