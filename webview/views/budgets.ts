import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { BudgetUse } from '../../src/protocol/rows.ts';
import { budgetBar } from '../parts/bars.ts';
import type { Fill } from '../parts/bars.ts';
import { amount, amountExact, percent, resourceNames, usd } from '../parts/format.ts';
import { levelIcon } from '../parts/icons.ts';
import { line } from '../parts/text.ts';

const warnFrom = 0.9;

/** Budgets in force: what is used, what is held for calls under way, and the limit. */
export function budgetsView(budgets: readonly BudgetUse[]): TemplateResult {
  return html`<section class="card" aria-labelledby="budgets-title">
    <h2 id="budgets-title">Budgets</h2>
    ${
      budgets.length === 0
        ? html`<p class="muted">
            No budget is in force. Limits are set in <code>haios.config.json</code> or in the settings.
          </p>`
        : html`<ul class="gauges">
            ${repeat(budgets, identity, gauge)}
          </ul>`
    }
  </section>`;
}

export function fillOf(ratio: number): Fill {
  return ratio >= 1 ? 'exceeded' : ratio >= warnFrom ? 'warning' : 'normal';
}

function identity(use: BudgetUse): string {
  return JSON.stringify([use.name, use.resource, use.scope, use.key, use.window]);
}

function gauge(use: BudgetUse): TemplateResult {
  const { resource, used, reserved, limit } = use;
  const fill = fillOf(use.ratio);
  const name = resourceNames[resource];
  const where = scopeText(use);
  const exact = `${amountExact(resource, used)} used, ${amountExact(resource, reserved)} held for calls under way, limit ${amountExact(resource, limit)}`;
  const shown = (value: number): string =>
    resource === 'usd' ? usd(value, value > 0 && limit < 1e9 ? 4 : 2) : amount(resource, value);
  return html`<li class="gauge ${fill}" title=${`${name}, ${where}: ${exact}`}>
    <span class="gauge-name ellipsis">${name}<span class="muted"> · ${line(where, 80)}</span></span>
    <span class="gauge-state"
      >${fill === 'normal' ? nothing : html`${levelIcon(fill === 'warning' ? 'warning' : 'error')}<span class="sr-only">${fill === 'warning' ? 'nearly used up' : 'exceeded'}</span>`}</span
    >
    <span class="num gauge-ratio">${percent(use.ratio)}</span>
    ${budgetBar(used, reserved, limit, `${name}, ${where}`, fill, `${percent(use.ratio)}: ${exact}`)}
    <span class="gauge-line num"
      ><span>${shown(used)}<span class="muted"> / ${shown(limit)}</span></span
      ><span class="muted">${reserved > 0 ? `+ ${shown(reserved)} held` : ''}</span></span
    >
  </li>`;
}

function scopeText({ scope, window, key, name }: BudgetUse): string {
  const span = { lifetime: '', hour: 'per hour', day: 'per day', week: 'per week' }[window];
  const who = scope === 'model' ? key : scope === 'user' ? '' : scope;
  const text = [who, span].filter((part) => part !== '').join(' · ');
  return text === '' ? name : text;
}
