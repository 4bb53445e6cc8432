import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { resources } from '../../src/catalogue/states.ts';
import type { CostRow } from '../../src/protocol/messages.ts';
import { addParts, noParts, type CostParts } from '../../src/protocol/messages.ts';
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
  unknown,
  usd,
} from '../parts/format.ts';
import { costMarks, money } from '../parts/money.ts';
import { line } from '../parts/text.ts';
import type { Group } from '../view.ts';

type Open = (key: string, label: string) => void;

/** What the same groups cost at the prices of another model, by their keys. */
export interface Reckoned {
  readonly model: string;
  readonly by: ReadonlyMap<string, CostRecord>;
}

/**
 * One row per group with the whole cost record, their sum, and what in it is not certain. On a narrow panel the details
 * are in the opened row.
 */
export function costTable(
  rows: readonly CostRow[],
  by: Exclude<Group, 'resource'>,
  open: Open,
  reckoned: Reckoned | null,
): TemplateResult {
  const total = rows.reduce((sum, row) => addCost(sum, row.cost), noCost);
  const parts = sumOfParts(rows);
  const whatIf = reckoned === null ? null : [...reckoned.by.values()].reduce(addCost, noCost);
  const decimals = columnDecimals([
    ...rows.map((row) => row.cost.nusd),
    ...(reckoned === null ? [] : [...reckoned.by.values()].map(({ nusd }) => nusd)),
    total.nusd,
  ]);
  const first = { run: 'Run', model: 'Model', day: 'Day', agent: 'Agent', task: 'Task' }[by];
  const sized = by !== 'model';
  return html`<table class=${`grid costs${reckoned === null ? '' : ' with-reckoned'}`}>
    <caption class="sr-only">
      Cost by ${by}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="label">${first}</th>
        <th scope="col" class="num money">${reckoned === null ? 'Cost' : 'Paid'}</th>
        ${
          reckoned === null
            ? nothing
            : html`<th scope="col" class="num money" title=${`At the prices of ${line(reckoned.model, 80)}; not paid`}>
                Not paid
              </th>`
        }
        <th scope="col" class="num tokens">Tokens</th>
        <th scope="col" class="num tokens wide">Input</th>
        <th scope="col" class="num tokens wide">Cache read</th>
        <th scope="col" class="num tokens wide" title="Cache writes that are kept for five minutes">Write 5 min</th>
        <th scope="col" class="num tokens wide" title="Cache writes that are kept for an hour">Write 1 h</th>
        <th scope="col" class="num tokens wide">Output</th>
        <th scope="col" class="num tokens wide">Reasoning</th>
        ${
          !sized
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
            ${cells(row.cost, decimals, sized, reckoned === null ? null : (reckoned.by.get(row.key) ?? 'pending'))}
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row" class="label">Total</th>
        ${cells(total, decimals, sized, whatIf)}
      </tr>
      ${uncertain(parts, total.unpricedCalls, decimals, reckoned !== null, sized)}
    </tfoot>
  </table>`;
}

/** Processor, memory and disk are a task's, so no model has them. */
function cells(
  cost: CostRecord,
  decimals: 2 | 4,
  ofTasks: boolean,
  whatIf: CostRecord | 'pending' | null,
): TemplateResult {
  const { tokens } = cost;
  return html`<td class="num money">${money(cost, decimals)}</td>
    ${
      whatIf === null
        ? nothing
        : html`<td class="num money reckoned">${whatIf === 'pending' ? unknown : money(whatIf, decimals)}</td>`
    }
    <td class="num tokens" title=${tokenLines(tokens)}>${integer(totalTokens(tokens))}</td>
    <td class="num tokens wide">${integer(tokens.input)}</td>
    <td class="num tokens wide">${integer(tokens.cache_read)}</td>
    <td class="num tokens wide">${integer(tokens.cache_write)}</td>
    <td class="num tokens wide">${integer(tokens.cache_write_1h)}</td>
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

/** Null as soon as one of them is not known. */
function sumOfParts(rows: readonly CostRow[]): CostParts | null {
  return rows.reduce<CostParts | null>(
    (sum, { parts }) => (sum === null || parts === null ? null : addParts(sum, parts)),
    noParts,
  );
}

/** Below the total: how much of it is an estimate, and what could not be added to it. */
function uncertain(
  parts: CostParts | null,
  unpricedCalls: number,
  decimals: 2 | 4,
  reckoned: boolean,
  sized: boolean,
): TemplateResult {
  const row = (name: string, title: string, amount: unknown, tokens: string, calls: number): TemplateResult =>
    html`<tr class="part">
      <th scope="row" class="label" title=${title}>${name}</th>
      <td class="num money">${amount}</td>
      ${reckoned ? html`<td class="num money"></td>` : nothing}
      <td class="num tokens">${tokens}</td>
      ${Array.from({ length: 6 }, () => html`<td class="num tokens wide"></td>`)}
      ${sized ? Array.from({ length: 3 }, () => html`<td class="num size middle"></td>`) : nothing}
      <td class="num count">${integer(calls)}</td>
    </tr>`;
  const unpriced = html`<span class="unpriced">unpriced</span>`;
  const estimate = ({ estimatedNusd }: CostParts): unknown =>
    estimatedNusd === 0 && unpricedCalls > 0 ? unpriced : `≈${usd(estimatedNusd, decimals)}`;
  return html`${parts === null || parts.estimatedCalls === 0 ? nothing : row('of it estimated', 'The provider did not report the whole usage of these calls', estimate(parts), '', parts.estimatedCalls)}
  ${unpricedCalls === 0 ? nothing : row('not in it: unpriced', 'Calls of models without a known price; what they cost is unknown', unpriced, parts === null ? unknown : integer(parts.unpricedTokens), unpricedCalls)}`;
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
