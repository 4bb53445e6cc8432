import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Snapshot } from '../../src/protocol/snapshot.ts';
import { words } from '../parts/format.ts';
import { money } from '../parts/money.ts';
import { tabs } from '../parts/tabs.ts';
import { line } from '../parts/text.ts';
import { drawn } from '../store.ts';
import { costView } from './cost.ts';
import type { Draw } from './draw.ts';
import { liveView } from './live.ts';

const views = [
  { id: 'live', text: 'Live' },
  { id: 'cost', text: 'Cost' },
] as const;

/** The whole panel: tabs, the view that is chosen, and the line that says how the panel is connected. */
export function shell(draw: Draw): TemplateResult {
  const { state, dispatch, post } = draw;
  const { connection, view } = state;
  const last = drawn(connection);
  const acts = connection.phase !== 'lost' && last !== null && !last.readOnly;
  const live = last ? { ...draw, snapshot: last.snapshot, acts } : null;
  return html`
    ${connection.phase === 'lost' ? lostBanner(connection.message, last !== null) : nothing}
    <header class="top">
      ${tabs('Views', 'view', views, view.tab, (tab) => dispatch({ type: 'showTab', tab }))}
      <span class="spacer"></span>
      ${live ? today(live.snapshot.today) : nothing}
      ${
        acts
          ? html`<vscode-button aria-label="Run agent task" @click=${() => post({ type: 'command', command: 'run' })}
              ><bdi>Run<span class="long"> agent task</span></bdi></vscode-button
            >`
          : nothing
      }
    </header>
    <div
      id="view"
      class=${connection.phase === 'lost' ? 'stale' : ''}
      role="tabpanel"
      aria-labelledby=${`view-${view.tab}`}
    >
      ${live ? (view.tab === 'live' ? liveView(live) : costView(live)) : connecting()}
    </div>
    ${footer(draw)}
  `;
}

function today(sum: Snapshot['today']): TemplateResult {
  return html`<span
    class="today num"
    title=${`Spent today by all windows${sum.reckoned ? ', part of it reckoned at another model’s prices' : ''}`}
  >
    <span class="muted">Today</span>
    ${money(sum)}${sum.reckoned ? html` <span class="muted">as another model</span>` : ''}
  </span>`;
}

function lostBanner(message: string, hasLast: boolean): TemplateResult {
  return html`<div class="banner error" role="alert">
    <strong>Connection lost.</strong>
    ${line(message, 300)}${hasLast ? ' What you see below is the last known state.' : ''}
  </div>`;
}

function connecting(): TemplateResult {
  return html`<div class="empty" role="status">
    <vscode-progress-ring aria-label="Connecting"></vscode-progress-ring>
    <p>Connecting to the runtime…</p>
  </div>`;
}

function footer({ state, post }: Draw): TemplateResult {
  const { connection } = state;
  const last = drawn(connection);
  const phase = { connecting: 'Connecting', live: 'Connected', gap: 'Catching up', lost: 'Not connected' }[
    connection.phase
  ];
  const runtime = last?.snapshot.runtime;
  return html`<footer class="connection">
    <span class="phase is-${connection.phase}"><span class="dot" aria-hidden="true"></span>${phase}</span>
    ${last?.readOnly ? html`<span class="badge">Read-only</span>` : nothing}
    ${
      runtime
        ? html`<span class="muted ellipsis" title=${`Runtime ${runtime.id}, process ${runtime.pid}`}
              >v${line(runtime.version, 20)} · ${words(runtime.mode)} · pid ${runtime.pid}</span
            >
            ${
              runtime.metricsUrl === null
                ? html`<span class="muted">Metrics off</span>`
                : metricsAddress(runtime.metricsUrl, connection.phase === 'lost', last.readOnly, post)
            }`
        : nothing
    }
  </footer>`;
}

/** In the editor the host opens the address; in a browser it is a link, if it leads to this machine. */
function metricsAddress(url: string, lost: boolean, readOnly: boolean, post: Draw['post']): TemplateResult {
  const text = line(url.replace(/^https?:\/\//, ''), 80);
  const title = 'Prometheus metrics of this runtime';
  if (!lost && !readOnly) {
    return html`<button
      type="button"
      class="link ellipsis"
      title=${title}
      @click=${() => post({ type: 'command', command: 'openMetrics' })}
    >
      ${text}
    </button>`;
  }
  return !lost && /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\//.test(url)
    ? html`<a class="ellipsis" href=${url} title=${title}>${text}</a>`
    : html`<span class="muted ellipsis" title=${line(url, 300)}>${text}</span>`;
}
