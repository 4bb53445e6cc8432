import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { resources } from '../../src/catalogue/states.ts';
import type { CostRow } from '../../src/protocol/messages.ts';
import { addCost, noCost, totalTokens } from '../../src/protocol/rows.ts';
import type { CostRecord } from '../../src/protocol/rows.ts';
import {
  amount,
  amountExact,
  bytes,
  columnDecimals,
  cpu,
  integer,
  resourceNames,
  tokenLines,
} from '../parts/format.ts';
import { costMarks, money } from '../parts/money.ts';
import { line } from '../parts/text.ts';

type Open = (key: string, label: string) => void;

/** One row per run, model or day with the whole cost record, and their sum. On a narrow panel the details are in the opened row. */
export function costTable(rows: readonly CostRow[], by: 'run' | 'model' | 'day', open: Open): TemplateResult {
  const total = rows.reduce((sum, row) => addCost(sum, row.cost), noCost);
  const decimals = columnDecimals([...rows.map((row) => row.cost.nusd), total.nusd]);
  const first = { run: 'Run', model: 'Model', day: 'Day' }[by];
  return html`<table class="grid costs">
    <caption class="sr-only">
      Cost by ${by}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="label">${first}</th>
        <th scope="col" class="num money">Cost</th>
        <th scope="col" class="num tokens">Tokens</th>
        <th scope="col" class="num tokens wide">Input</th>
        <th scope="col" class="num tokens wide">Cache read</th>
        <th scope="col" class="num tokens wide">Cache write</th>
        <th scope="col" class="num tokens wide">Output</th>
        <th scope="col" class="num tokens wide">Reasoning</th>
        ${
          by === 'model'
            ? nothing
            : html`<th scope="col" class="num size middle">CPU</th>
                <th scope="col" class="num size middle">Memory</th>
                <th scope="col" class="num size middle">Disk</th>`
        }
        <th scope="col" class="num count">Calls</th>
      </tr>
    </thead>
    <tbody>
      ${repeat(
        rows,
        (row) => row.key,
        (row) =>
          html`<tr>
            <th scope="row" class="label">
              <button
                type="button"
                class="row-button"
                data-row=${row.key}
                title=${`${line(row.label, 1000)}\nShow the calls`}
                @click=${() => open(row.key, row.label)}
              >
                <span class="ellipsis">${line(row.label, 200)}</span>${costMarks(row.cost, row.priceAs)}
              </button>
            </th>
            ${cells(row.cost, decimals, by !== 'model')}
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" class="label">Total</th>
        ${cells(total, decimals, by !== 'model')}
      </tr>
    </tfoot>
  </table>`;
}

/** Processor, memory and disk are a task's, so no model has them. */
function cells(cost: CostRecord, decimals: 2 | 4, ofTasks: boolean): TemplateResult {
  const { tokens } = cost;
  return html`<td class="num money">${money(cost, decimals)}</td>
    <td class="num tokens" title=${tokenLines(tokens)}>${integer(totalTokens(tokens))}</td>
    <td class="num tokens wide">${integer(tokens.input)}</td>
    <td class="num tokens wide">${integer(tokens.cache_read)}</td>
    <td class="num tokens wide">${integer(tokens.cache_write + tokens.cache_write_1h)}</td>
    <td class="num tokens wide">${integer(tokens.output)}</td>
    <td class="num tokens wide">${integer(tokens.reasoning)}</td>
    ${
      ofTasks
        ? html`<td class="num size middle" title=${amountExact('cpu_seconds', cost.cpuSeconds)}>
              ${cpu(cost.cpuSeconds)}
            </td>
            <td class="num size middle" title=${amountExact('mem_bytes', cost.memBytes)}>${bytes(cost.memBytes)}</td>
            <td class="num size middle" title=${amountExact('disk_bytes', cost.diskBytes)}>
              ${bytes(cost.diskBytes)}
            </td>`
        : nothing
    }
    <td class="num count">${integer(cost.calls)}</td>`;
}

/** One row per resource with its whole amount. */
export function resourceTable(rows: readonly CostRow[], open: Open): TemplateResult {
  return html`<table class="grid resources">
    <caption class="sr-only">
      Use by resource
    </caption>
    <thead>
      <tr>
        <th scope="col" class="label">Resource</th>
        <th scope="col" class="num money">Amount</th>
        <th scope="col" class="num exact middle">Exactly</th>
        <th scope="col" class="num count">Calls</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map((row) => {
        const resource = resources.find((known) => known === row.key);
        const value = row.amount ?? 0;
        return html`<tr>
          <th scope="row" class="label">
            <button
              type="button"
              class="row-button"
              data-row=${row.key}
              title="Show the calls"
              @click=${() => open(row.key, resource ? resourceNames[resource] : row.label)}
            >
              <span class="ellipsis">${resource ? resourceNames[resource] : line(row.label, 100)}</span
              >${resource === 'usd' || resource === 'tokens' ? costMarks(row.cost, row.priceAs) : ''}
            </button>
          </th>
          <td class="num money" title=${resource ? amountExact(resource, value) : ''}>
            ${resource === 'usd' ? money(row.cost) : resource ? amount(resource, value) : `${integer(value)} ${row.unit ?? ''}`}
          </td>
          <td class="num exact middle muted">${resource ? amountExact(resource, value) : ''}</td>
          <td class="num count">${integer(row.cost.calls)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
