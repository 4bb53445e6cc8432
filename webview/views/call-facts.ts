import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { totalTokens, type LedgerRow } from '../../src/protocol/rows.ts';
import { integer, usdExact } from '../parts/format.ts';
import { line } from '../parts/text.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly bad?: boolean;
}

/** What was held for a call and what came of it, and whose prices were taken. */
export function callFacts(row: LedgerRow): TemplateResult {
  return html`<dl class="facts small call-facts">
    ${facts(row).map(
      ({ name, value, bad }) =>
        html`<div class=${bad === true ? 'bad' : ''}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function facts(row: LedgerRow): readonly Fact[] {
  return [
    { name: 'Reserved', value: `${usdExact(row.reservedNusd)}, ${integer(row.reservedTokens)} tokens` },
    ...overrun(row),
    { name: 'Service tier', value: row.serviceTier ?? 'not told' },
    { name: 'Prices from', value: row.priceSource === null ? 'none known' : line(row.priceSource, 200) },
    { name: 'Answered by', value: line(row.responseModel ?? row.model, 100) },
  ];
}

/** A call that passed its reservation shows that the bound was wrong. What has no price passes no amount of money. */
function overrun(row: LedgerRow): readonly Fact[] {
  if (row.state !== 'settled') return [];
  const nusd = row.pricing === 'unpriced' ? 0 : row.nusd - row.reservedNusd;
  const tokens = totalTokens(row.tokens) - row.reservedTokens;
  if (nusd <= 0 && tokens <= 0) return [];
  const parts = [...(nusd > 0 ? [usdExact(nusd)] : []), ...(tokens > 0 ? [`${integer(tokens)} tokens`] : [])];
  return [{ name: 'Beyond it', value: parts.join(', '), bad: true }];
}
