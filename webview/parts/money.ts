import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { CostRecord } from '../../src/protocol/rows.ts';
import { usd, usdExact } from './format.ts';
import { line } from './text.ts';

/** An amount with every digit on hover. What has no known price is said to be unpriced, never shown as nothing. */
export function money(
  cost: Pick<CostRecord, 'nusd' | 'estimated' | 'unpricedCalls'>,
  decimals?: 2 | 4,
): TemplateResult {
  const { nusd, estimated, unpricedCalls } = cost;
  if (unpricedCalls > 0 && nusd === 0) {
    return html`<span class="unpriced" title=${unpricedText(unpricedCalls)}>unpriced</span>`;
  }
  const notes = [
    usdExact(nusd),
    estimated ? 'part of it estimated' : '',
    unpricedCalls > 0 ? unpricedText(unpricedCalls) : '',
  ];
  return html`<span title=${notes.filter((note) => note !== '').join(', ')}
    >${estimated ? '≈' : ''}${usd(nusd, decimals)}${unpricedCalls > 0 ? '+' : ''}</span
  >`;
}

/** What a person must know about an amount before believing it, in words. */
export function costMarks(cost: CostRecord, priceAs: string | null): TemplateResult {
  return html`${priceAs === null ? nothing : mark(`as ${line(priceAs, 60)}`, 'Reckoned at the prices of this model, because priceAs is set')}
  ${cost.estimated ? mark('estimated', 'The provider did not report the whole usage; some part of it is an estimate') : nothing}
  ${cost.unpricedCalls > 0 ? mark(`${cost.unpricedCalls} unpriced`, unpricedText(cost.unpricedCalls)) : nothing}`;
}

export function mark(text: string, title: string): TemplateResult {
  return html`<span class="mark" title=${title}>${text}</span>`;
}

function unpricedText(calls: number): string {
  return `${calls} ${calls === 1 ? 'call' : 'calls'} of a model without a known price, not counted in the money`;
}
