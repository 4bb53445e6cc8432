import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { CostRow } from '../../src/protocol/messages.ts';
import { addCost, noCost, type CostRecord } from '../../src/protocol/rows.ts';
import { columnDecimals, integer, percent, usd, usdExact } from '../parts/format.ts';
import { money } from '../parts/money.ts';
import { line } from '../parts/text.ts';
import { shown } from '../remote.ts';
import type { Draw } from './draw.ts';

/** A list this long is one that nobody reads. */
const mostIds = 2000;

/** At which model’s prices everything is reckoned beside what was paid. */
export function priceAsSelect({ state, dispatch }: Draw): TemplateResult {
  const chosen = state.view.priceAs;
  const ids = (shown(state.priceIds) ?? []).slice(0, mostIds);
  const all = chosen === null || ids.includes(chosen) ? ids : [chosen, ...ids];
  return html`<label class="price-as"
    ><span class="muted">Reckon as</span>
    <select
      title="What the same tokens would cost at the prices of another model"
      @change=${(event: Event) => {
        const { value } = event.target as HTMLSelectElement;
        dispatch({ type: 'priceAs', model: value === '' ? null : value });
      }}
    >
      <option value="" ?selected=${chosen === null}>what was paid</option>
      ${all.map((id) => html`<option value=${id} ?selected=${id === chosen}>${line(id, 80)}</option>`)}
    </select>
  </label>`;
}

/** The paid sum, the same at other prices, and how far they are apart; nothing unless it was asked for. */
export function whatIfView(draw: Draw, rows: readonly CostRow[]): TemplateResult | typeof nothing {
  const { state, dispatch } = draw;
  const model = state.view.priceAs;
  if (model === null) return nothing;
  if (state.whatIf.state === 'failed') {
    return html`<div class="what-if" role="alert">
      <p class="run-error">${line(state.whatIf.message, 400)}</p>
      <vscode-button appearance="secondary" @click=${() => dispatch({ type: 'refresh' })}>Try again</vscode-button>
    </div>`;
  }
  const other = shown(state.whatIf);
  const paid = sumOf(rows);
  const reckoned = other === null ? null : sumOf(other);
  const decimals = columnDecimals([paid.nusd, reckoned?.nusd ?? paid.nusd]);
  const name = line(model, 80);
  return html`<section class="what-if" aria-label=${`What if: ${name}`} aria-busy=${other === null}>
    <dl class="facts">
      <div>
        <dt>${rows.some(({ priceAs }) => priceAs !== null) ? 'Recorded' : 'Paid'}</dt>
        <dd class="num">${money(paid, decimals)}</dd>
      </div>
      <div>
        <dt class="ellipsis" title=${`At the prices of ${name}`}>As ${name}</dt>
        <dd class="num reckoned">
          ${reckoned === null ? html`<span class="muted">…</span>` : money(reckoned, decimals)}
          <span class="mark">not paid</span>
        </dd>
      </div>
      <div>
        <dt>Difference</dt>
        <dd class="num">
          ${reckoned === null ? html`<span class="muted">…</span>` : difference(paid, reckoned, decimals)}
        </dd>
      </div>
    </dl>
    <p class="muted small">${reckoned === null ? nothing : notes(rows, paid, reckoned).join(' ')}</p>
  </section>`;
}

/** Each group at the other prices, by its key; null while nothing is reckoned. */
export function reckonedBy({ state }: Draw): ReadonlyMap<string, CostRecord> | null {
  if (state.view.priceAs === null || state.view.by === 'resource') return null;
  return new Map((shown(state.whatIf) ?? []).map(({ key, cost }) => [key, cost]));
}

function sumOf(rows: readonly CostRow[]): CostRecord {
  const usdRow = rows.find(({ key, amount }) => key === 'usd' && amount !== null);
  return usdRow?.cost ?? rows.reduce((sum, { cost }) => addCost(sum, cost), noCost);
}

function difference(paid: CostRecord, reckoned: CostRecord, decimals: 2 | 4): TemplateResult {
  const more = reckoned.nusd - paid.nusd;
  const sign = more > 0 ? '+' : '';
  const share = paid.nusd > 0 ? ` (${sign}${percent(more / paid.nusd)})` : '';
  return html`<span title=${`${sign}${usdExact(more)}`}
    >${sign}${usd(more, decimals)}<span class="muted">${share}</span></span
  >`;
}

function notes(rows: readonly CostRow[], paid: CostRecord, reckoned: CostRecord): readonly string[] {
  return [
    'Reckoned, not paid: the same tokens at the prices of another model, which might have used others.',
    ...(rows.some(({ priceAs }) => priceAs !== null)
      ? ['A part of what is recorded was itself reckoned at another model’s prices.']
      : []),
    ...(paid.unpricedCalls > 0
      ? [
          `${calls(paid.unpricedCalls)} without a known price ${paid.unpricedCalls === 1 ? 'is' : 'are'} not in the paid sum.`,
        ]
      : []),
    ...(reckoned.unpricedCalls > 0 ? [`${calls(reckoned.unpricedCalls)} could not be reckoned.`] : []),
  ];
}

function calls(count: number): string {
  return `${integer(count)} ${count === 1 ? 'call' : 'calls'}`;
}
