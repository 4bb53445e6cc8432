import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { tabs } from '../parts/tabs.ts';
import { shown } from '../remote.ts';
import { groups, ranges } from '../view.ts';
import type { Group } from '../view.ts';
import { budgetsView } from './budgets.ts';
import { callsView } from './calls.ts';
import { costTable, resourceTable } from './costTable.ts';
import type { DrawLive } from './draw.ts';
import { priceAsSelect, reckonedBy, whatIfView } from './what-if.ts';

const groupNames: Readonly<Record<Group, string>> = {
  run: 'Run',
  model: 'Model',
  day: 'Day',
  agent: 'Agent',
  task: 'Task',
  resource: 'Resource',
};

/** What was spent, by group; a row opens the ledger calls behind it. */
export function costView(draw: DrawLive): TemplateResult {
  const { state, dispatch, acts, post } = draw;
  const { view } = state;
  const items = groups.map((id) => ({ id, text: groupNames[id] }));
  return html`<div class="cost">
    <div class="toolbar">
      ${tabs('Costs by', 'cost-panel', items, view.by, (by) => dispatch({ type: 'groupBy', by }))}
      <span class="spacer"></span>
      ${priceAsSelect(draw)}
      <label class="range"
        ><span class="sr-only">Time</span>
        <select
          @change=${(event: Event) => {
            const days = ranges.find((range) => String(range) === (event.target as HTMLSelectElement).value);
            if (days) dispatch({ type: 'range', days });
          }}
        >
          ${ranges.map((days) => html`<option value=${days} ?selected=${days === view.days}>${rangeName(days)}</option>`)}
        </select>
      </label>
      ${
        acts
          ? html`<vscode-button
              appearance="secondary"
              @click=${() => post({ type: 'command', command: 'exportReport' })}
              >Export report…</vscode-button
            >`
          : nothing
      }
    </div>
    <div
      id="cost-panel"
      role="tabpanel"
      aria-labelledby=${`cost-panel-${view.by}`}
      aria-busy=${state.costs.state === 'loading'}
    >
      ${view.open ? callsView(draw, view.open) : groupTable(draw)}
    </div>
    ${budgetsView(draw)}
  </div>`;
}

function groupTable(draw: DrawLive): TemplateResult {
  const { state, dispatch, acts, post } = draw;
  const { costs, view } = state;
  if (costs.state === 'failed') {
    return html`<div class="empty" role="alert">
      <h2>The costs could not be read</h2>
      <p>${costs.message}</p>
      <vscode-button appearance="secondary" @click=${() => dispatch({ type: 'refresh' })}>Try again</vscode-button>
    </div>`;
  }
  const rows = shown(costs);
  if (rows === null)
    return html`<div class="empty" role="status">
      <vscode-progress-ring aria-label="Loading"></vscode-progress-ring>
    </div>`;
  if (rows.every((row) => row.cost.calls === 0 && row.cost.nusd === 0 && (row.amount ?? 0) === 0)) {
    return html`<div class="empty">
      <h2>Nothing was spent in the ${rangeName(view.days).toLowerCase()}</h2>
      <p>
        Each call to a model or a tool gets a row in the ledger. Here they are summed up, and each sum opens the calls
        it is made of.
      </p>
      ${acts ? html`<vscode-button @click=${() => post({ type: 'command', command: 'run' })}>Run agent task</vscode-button>` : nothing}
    </div>`;
  }
  const open = (key: string, label: string): void => dispatch({ type: 'openRow', key, label });
  const reckoned = reckonedBy(draw);
  return html`${whatIfView(draw, rows)}
  ${
    view.by === 'resource'
      ? resourceTable(rows, open)
      : costTable(rows, view.by, open, reckoned === null ? null : { model: view.priceAs ?? '', by: reckoned })
  }`;
}

function rangeName(days: number): string {
  return days === 1 ? 'Last 24 hours' : `Last ${days} days`;
}
