import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { LedgerRow } from '../../src/protocol/rows.ts';
import { inputTokens, totalTokens } from '../../src/protocol/rows.ts';
import {
  bytes,
  clock,
  columnDecimals,
  cpu,
  dateTime,
  integer,
  thin,
  tokenLines,
  usd,
  usdExact,
} from '../parts/format.ts';
import { backIcon } from '../parts/icons.ts';
import { costMarks, mark, money } from '../parts/money.ts';
import { line, visible } from '../parts/text.ts';
import { shown } from '../remote.ts';
import { callsPerPage } from '../view.ts';
import type { OpenRow } from '../view.ts';
import { callFacts } from './call-facts.ts';
import type { DrawLive } from './draw.ts';

/** The ledger calls behind one row of the cost table; a call opens its arithmetic. */
export function callsView(draw: DrawLive, open: OpenRow): TemplateResult {
  const { state, dispatch } = draw;
  const record = shown(state.costs)?.find((row) => row.key === open.key)?.cost;
  return html`<section aria-labelledby="open-row" aria-busy=${state.calls.state === 'loading'}>
    <div class="crumb">
      <button
        type="button"
        class="icon-button"
        aria-label="Back to the sums"
        title="Back to the sums"
        @click=${() => dispatch({ type: 'closeRow' })}
      >
        ${backIcon()}
      </button>
      <h2 id="open-row" tabindex="-1" class="ellipsis" title=${line(open.label, 1000)}>${line(open.label, 300)}</h2>
      ${record ? costMarks(record, null) : nothing}
    </div>
    ${
      record
        ? html`<dl class="facts sums">
            <div>
              <dt>Cost</dt>
              <dd class="num">${money(record)}</dd>
            </div>
            <div>
              <dt>Calls</dt>
              <dd class="num">${integer(record.calls)}</dd>
            </div>
            <div>
              <dt>Tokens</dt>
              <dd class="num">${integer(totalTokens(record.tokens))}</dd>
            </div>
            <div>
              <dt>Input</dt>
              <dd class="num">${integer(record.tokens.input)}</dd>
            </div>
            <div>
              <dt>Cache read</dt>
              <dd class="num">${integer(record.tokens.cache_read)}</dd>
            </div>
            <div>
              <dt>Cache write</dt>
              <dd class="num">${integer(record.tokens.cache_write)}</dd>
            </div>
            <div>
              <dt>Cache write 1 h</dt>
              <dd class="num">${integer(record.tokens.cache_write_1h)}</dd>
            </div>
            <div>
              <dt>Output</dt>
              <dd class="num">${integer(record.tokens.output)}</dd>
            </div>
            <div>
              <dt>Reasoning</dt>
              <dd class="num">${integer(record.tokens.reasoning)}</dd>
            </div>
            ${
              state.view.by === 'model'
                ? nothing
                : html`<div>
                      <dt>CPU</dt>
                      <dd class="num">${cpu(record.cpuSeconds)}</dd>
                    </div>
                    <div>
                      <dt>Memory, peak</dt>
                      <dd class="num">${bytes(record.memBytes)}</dd>
                    </div>
                    <div>
                      <dt>Disk</dt>
                      <dd class="num">${bytes(record.diskBytes)}</dd>
                    </div>`
            }
          </dl>`
        : nothing
    }
    ${list(draw, open)}
  </section>`;
}

function list(draw: DrawLive, open: OpenRow): TemplateResult {
  const { state, dispatch } = draw;
  if (state.calls.state === 'failed') {
    return html`<div class="empty" role="alert">
      <p>${state.calls.message}</p>
      <vscode-button appearance="secondary" @click=${() => dispatch({ type: 'refresh' })}>Try again</vscode-button>
    </div>`;
  }
  const page = shown(state.calls);
  if (page === null)
    return html`<div class="empty" role="status">
      <vscode-progress-ring aria-label="Loading"></vscode-progress-ring>
    </div>`;
  if (page.rows.length === 0)
    return html`<p class="muted">No ledger call is behind this row: nothing in it was paid for.</p>`;
  const decimals = columnDecimals(page.rows.map((row) => row.nusd));
  const first = open.cursors.length * callsPerPage;
  return html`<table class="grid calls">
      <caption class="sr-only">
        Calls of ${line(open.label, 200)}
      </caption>
      <thead>
        <tr>
          <th scope="col" class="time">Time</th>
          <th scope="col" class="label">Model</th>
          <th scope="col" class="who middle">Agent</th>
          <th scope="col" class="num tokens middle">In</th>
          <th scope="col" class="num tokens middle">Out</th>
          <th scope="col" class="num tokens">Tokens</th>
          <th scope="col" class="num money">Cost</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          page.rows,
          (row) => row.callId,
          (row) => callRow(draw, row, row.callId === open.callId, decimals),
        )}
      </tbody>
    </table>
    ${
      first > 0 || page.next !== null
        ? html`<nav class="pager" aria-label="Pages of calls">
            <span class="num muted">Calls ${integer(first + 1)}–${integer(first + page.rows.length)}</span>
            <vscode-button
              appearance="secondary"
              ?disabled=${first === 0}
              @click=${() => dispatch({ type: 'previousPage' })}
              >Previous</vscode-button
            >
            <vscode-button
              appearance="secondary"
              ?disabled=${page.next === null}
              @click=${() => dispatch({ type: 'nextPage' })}
              >Next</vscode-button
            >
          </nav>`
        : nothing
    }`;
}

function callRow(draw: DrawLive, row: LedgerRow, isOpen: boolean, decimals: 2 | 4): TemplateResult {
  const { tokens } = row;
  const toggle = (): void => draw.dispatch({ type: 'openCall', callId: isOpen ? null : row.callId });
  return html`<tr class=${isOpen ? 'open' : ''}>
      <td class="num time" title=${dateTime(row.at)}>${clock(row.at)}</td>
      <th scope="row" class="label">
        <button
          type="button"
          class="row-button"
          aria-expanded=${isOpen}
          title=${`${line(row.responseModel ?? row.model, 300)}\nCall ${row.callId}: show the arithmetic`}
          @click=${toggle}
        >
          <span class="ellipsis">${line(row.model, 100)}</span>${callMarks(row)}
        </button>
      </th>
      <td class="who middle">
        <span class="ellipsis">${line(row.agent, 60)}<span class="muted"> · ${row.role}</span></span>
      </td>
      <td class="num tokens middle">${integer(inputTokens(tokens))}</td>
      <td class="num tokens middle">${integer(tokens.output + tokens.reasoning)}</td>
      <td class="num tokens" title=${tokenLines(tokens)}>${integer(totalTokens(tokens))}</td>
      <td class="num money">${callMoney(row, decimals)}</td>
    </tr>
    ${
      isOpen
        ? html`<tr class="explain">
            <td colspan=${columns(draw.width)}>${callFacts(row)} ${explanation(draw)}</td>
          </tr>`
        : nothing
    }`;
}

/** Columns of the table that narrow.css leaves at this width: an open call spans them, and must not add to them. */
function columns(width: number): number {
  return width < 481 ? 3 : width < 700 ? 4 : 7;
}

function explanation({ state }: DrawLive): TemplateResult {
  if (state.explanation.state === 'failed') return html`<p role="alert">${state.explanation.message}</p>`;
  const text = shown(state.explanation);
  if (text === null) return html`<p class="muted" role="status">Loading…</p>`;
  return html`<pre class="detail" tabindex="0" role="group" aria-label="Arithmetic of the call">
${visible(text.slice(0, 65_536))}</pre>`;
}

function callMoney(row: LedgerRow, decimals: 2 | 4): TemplateResult {
  switch (row.state) {
    case 'reserved':
    case 'sent':
      return html`<span class="muted" title=${`held: ${usdExact(row.reservedNusd)}; not settled yet`}
        >≤${thin}${usd(row.reservedNusd, decimals)}</span
      >`;
    case 'released':
      return html`<span class="muted" title="never sent; nothing was spent">released</span>`;
    case 'settled':
      return row.pricing === 'unpriced'
        ? html`<span class="unpriced" title="No price is known for this model">unpriced</span>`
        : html`<span title=${[usdExact(row.nusd), row.priceSource ?? ''].filter((part) => part !== '').join(', ')}
            >${row.estimated ? '≈' : ''}${usd(row.nusd, decimals)}</span
          >`;
  }
}

function callMarks(row: LedgerRow): TemplateResult {
  return html`${row.state === 'sent' || row.state === 'reserved' ? mark(row.state, 'The call has not ended; its most possible cost is held') : nothing}
  ${row.pricing === 'as' ? mark('priced as', `Reckoned at another model's prices: ${row.priceSource ?? ''}`) : nothing}
  ${row.pricing === 'free' ? mark('free', 'This model costs nothing') : nothing}
  ${row.estimated ? mark('estimated', 'The provider did not report the whole usage; some part of it is an estimate') : nothing}`;
}
