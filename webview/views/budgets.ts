import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Resource } from '../../src/catalogue/states.ts';
import { overrideText, paceText, resetText } from '../../src/protocol/budget-words.ts';
import type { BudgetRef, BudgetUse } from '../../src/protocol/rows.ts';
import { budgetBar } from '../parts/bars.ts';
import type { Fill } from '../parts/bars.ts';
import { amount, amountExact, percent, resourceNames, usd } from '../parts/format.ts';
import { editIcon, levelIcon } from '../parts/icons.ts';
import { line } from '../parts/text.ts';
import type { DrawLive } from './draw.ts';

const warnFrom = 0.9;
/** So many are always in view; the others are opened. */
const first = 8;
/** Resources whose end is forecast: their line is kept free. */
const forecast: readonly Resource[] = ['usd', 'tokens'];

/** Budgets in force: what is used, what is held for calls under way, the limit, and how long it lasts. */
export function budgetsView(draw: DrawLive): TemplateResult {
  const { budgets } = draw.snapshot;
  const list = (some: readonly BudgetUse[]): TemplateResult =>
    html`<ul class="gauges">
      ${repeat(some, identity, (use) => gauge(draw, use))}
    </ul>`;
  const more = budgets.slice(first);
  return html`<section class="card budgets" aria-labelledby="budgets-title">
    <h2 id="budgets-title" tabindex="-1">
      Budgets ${budgets.length > first ? html`<span class="badge">${budgets.length}</span>` : nothing}
    </h2>
    ${
      budgets.length === 0
        ? html`<p class="muted">
            No budget is in force. Limits are set in <code>haios.config.json</code> or in the settings.
          </p>`
        : list(budgets.slice(0, first))
    }
    ${
      more.length === 0
        ? nothing
        : html`<details class="more-budgets">
            <summary>${more.length} more, less full</summary>
            ${list(more)}
          </details>`
    }
  </section>`;
}

export function fillOf(ratio: number): Fill {
  return ratio >= 1 ? 'exceeded' : ratio >= warnFrom ? 'warning' : 'normal';
}

export function refOf({ name, resource, scope, key, window }: BudgetUse): BudgetRef {
  return { name, resource, scope, key, window };
}

function identity(use: BudgetUse): string {
  return JSON.stringify([use.name, use.resource, use.scope, use.key, use.window]);
}

function gauge(draw: DrawLive, use: BudgetUse): TemplateResult {
  const { resource, used, reserved, limit } = use;
  const fill = fillOf(use.ratio);
  const name = resourceNames[resource];
  const where = line(scopeText(draw, use), 200);
  const exact = `${amountExact(resource, used)} used, ${amountExact(resource, reserved)} held for calls under way, limit ${amountExact(resource, limit)}`;
  const shown = (value: number): string =>
    resource === 'usd' ? usd(value, value > 0 && limit < 1e9 ? 4 : 2) : amount(resource, value);
  const notes = [
    overrideText(use, draw.wall, (_, value) => shown(value)),
    resetText(use, draw.wall),
    paceText(use, draw.wall),
  ].filter((part) => part !== null);
  return html`<li class=${`gauge ${fill}${draw.acts ? ' acts' : ''}`} title=${`${name}, ${where}: ${exact}`}>
    <span class="gauge-name ellipsis">${name}<span class="muted"> · ${where}</span></span>
    <span class="gauge-state"
      >${fill === 'normal' ? nothing : html`${levelIcon(fill === 'warning' ? 'warning' : 'error')}<span class="sr-only">${fill === 'warning' ? 'nearly used up' : 'exceeded'}</span>`}</span
    >
    <span class="num gauge-ratio">${percent(use.ratio)}</span>
    ${draw.acts ? setButton(draw, use, `${name}, ${where}`) : nothing}
    ${budgetBar(used, reserved, limit, `${name}, ${where}`, fill, `${percent(use.ratio)}: ${exact}`)}
    <span class="gauge-line num"
      ><span>${shown(used)}<span class="muted"> / ${shown(limit)}</span></span
      ><span class="muted">${reserved > 0 ? `+ ${shown(reserved)} held` : ''}</span></span
    >
    ${notes.length > 0 || forecast.includes(resource) ? html`<span class="gauge-note muted">${notes.join(' · ')}</span>` : nothing}
  </li>`;
}

function setButton({ post }: DrawLive, use: BudgetUse, name: string): TemplateResult {
  const text = `Set limit: ${name}`;
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${text}
    title=${text}
    @click=${() => post({ type: 'raiseBudget', budget: refOf(use) })}
  >
    ${editIcon()}
  </button>`;
}

function scopeText({ snapshot }: DrawLive, { scope, window, key, name }: BudgetUse): string {
  const span = { lifetime: '', hour: 'per hour', day: 'per day', week: 'per week' }[window];
  const g = scope === 'run' ? snapshot.runs.find(({ runId }) => runId === key)?.g : undefined;
  const who = {
    call: 'call',
    task: 'task',
    run: g === undefined ? 'run' : `run g${g}`,
    agent: `agent ${key}`,
    model: key,
    workspace: 'workspace',
    user: '',
  }[scope];
  const text = [who, span].filter((part) => part !== '').join(' · ');
  return text === '' ? name : text;
}
