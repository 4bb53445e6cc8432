import { exactUsd, formatInteger } from '../../protocol/money.ts';
import { totalTokens } from '../../protocol/rows.ts';
import type { CostGroup, CostSummary } from '../cost-summary.ts';
import { markdownText } from '../escape.ts';
import { isoTime } from '../format.ts';
import { table } from './table.ts';

const overrunsShown = 20;

/** The parts of a sum that are not simply a price times tokens: how many calls, tokens, how much money. */
export function markedParts(total: CostGroup): string {
  const { estimatedCalls, unpricedCalls, reportedCalls, reckonedCalls } = total;
  const lines = [
    estimatedCalls === 0
      ? 'No call is estimated.'
      : `Estimated: ${callCount(estimatedCalls)} with ${formatInteger(total.estimatedTokens)} tokens, ${exactUsd(total.estimatedNusd)} USD of the total ` +
        '(the provider sent no usable usage, or the call was cut off).',
    unpricedCalls === 0
      ? 'No call is unpriced.'
      : `Unpriced: ${callCount(unpricedCalls)} with ${formatInteger(total.unpricedTokens)} tokens ` +
        '(no known price: what they cost is unknown and not in the total).',
    ...(reportedCalls === 0
      ? []
      : [
          `Reported: ${callCount(reportedCalls)}, ${exactUsd(total.reportedNusd)} USD of the total as the provider itself said.`,
        ]),
    ...(reckonedCalls === 0
      ? []
      : [
          `Reckoned: ${callCount(reckonedCalls)}, ${exactUsd(total.reckonedNusd)} USD of the total at another model’s prices (\`price_as\`), which was not paid.`,
        ]),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Calls that cost more than was reserved for them: the bound was too low. */
export function overruns({ total, overruns: list }: CostSummary): string {
  if (total.overruns.calls === 0) return 'None: no call cost more than was reserved for it.';
  const rows = list
    .slice(0, overrunsShown)
    .map((row) => [
      markdownText(row.callId),
      isoTime(row.settledAt ?? row.at),
      markdownText(row.model),
      exactUsd(row.reservedNusd),
      row.pricing === 'unpriced' ? 'unpriced' : exactUsd(row.nusd),
      exactUsd(Math.max(0, row.nusd - row.reservedNusd)),
      formatInteger(Math.max(0, totalTokens(row.tokens) - row.reservedTokens)),
      row.traceId,
    ]);
  const head = ['call', 'settled', 'model', 'reserved USD', 'USD', 'over by USD', 'over by tokens', 'trace id'];
  const sum =
    `${callCount(total.overruns.calls)} passed what was reserved, by ${exactUsd(total.overruns.nusd)} USD ` +
    `and ${formatInteger(total.overruns.tokens)} tokens together. \`haios costs explain CALL\` shows the arithmetic of each.`;
  const more = total.overruns.calls > rows.length ? `\n\nThe furthest ${rows.length}.` : '';
  return `${sum}\n\n${table(head, (i) => i >= 3 && i <= 6, rows)}${more}`;
}

function callCount(calls: number): string {
  return `${formatInteger(calls)} ${calls === 1 ? 'call' : 'calls'}`;
}
