import { exactUsd, formatInteger } from '../../protocol/money.ts';
import { compared, topCount, type CostReport } from '../cost-facts.ts';
import type { CostGroup } from '../cost-summary.ts';
import { markdownText } from '../escape.ts';
import type { WhatIf } from '../what-if.ts';
import { groupName } from './groups.ts';
import { table } from './table.ts';

/** What was paid beside what another model would have cost, group by group. */
export function whatIf(report: CostReport, would: WhatIf): string {
  const { summary } = report;
  const { unpricedCalls } = summary.total;
  const key = (group: CostGroup): string => markdownText(group.key);
  const parts = [
    'The same tokens, each call priced by itself at that model’s standard list price of the time. It was not paid, and is in no other section.' +
      (unpricedCalls === 0
        ? ''
        : ` ${formatInteger(unpricedCalls)} unpriced ${unpricedCalls === 1 ? 'call is' : 'calls are'} in the what-if, but what they cost is not in what was paid.`),
    comparison(
      '',
      [summary.total],
      () => 'total',
      () => would.total,
    ),
    comparison('day', summary.byDay, key, (g) => would.byDay.get(g.key)),
    comparison('model', summary.byModel, key, (g) => would.byModel.get(g.key)),
    comparison('agent', summary.byAgent, key, (g) => would.byAgent.get(g.key)),
    comparison('run', summary.byRun.groups.slice(0, topCount), groupName.run(report), (g) => would.byRun.get(g.key)),
    comparison('task', summary.byTask.groups.slice(0, topCount), groupName.task(report), (g) =>
      would.byTask.get(g.key),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function comparison(
  name: string,
  groups: readonly CostGroup[],
  label: (group: CostGroup) => string,
  nusd: (group: CostGroup) => number | undefined,
): string {
  if (groups.length === 0) return '';
  const rows = groups.map((group) => {
    const { paid, whatIf: sum, difference } = compared(group, nusd(group) ?? 0);
    return [label(group), exactUsd(paid), exactUsd(sum), `${difference > 0 ? '+' : ''}${exactUsd(difference)}`];
  });
  return table([name, 'paid USD', 'what-if USD', 'difference'], (i) => i > 0, rows);
}
