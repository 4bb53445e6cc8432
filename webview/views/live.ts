import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { RunView, RuntimeView, Snapshot } from '../../src/protocol/snapshot.ts';
import { bytes, percent } from '../parts/format.ts';
import { laneArt, levelIcon } from '../parts/icons.ts';
import { line } from '../parts/text.ts';
import { approvalsView } from './approvals.ts';
import { budgetsView } from './budgets.ts';
import type { DrawLive } from './draw.ts';
import { eventsView, issuesView } from './events.ts';
import { lanesView } from './lanes.ts';
import { stopsView } from './stops.ts';
import { stoppedLanes } from './stopped-lanes.ts';
import { currentRun, otherRuns } from './runs.ts';

export function liveView(draw: DrawLive): TemplateResult {
  const { snapshot, state } = draw;
  const current = chosenRun(snapshot, state.view.runId);
  return html`<div class="live">
    ${warnings(snapshot.runtime)} ${stoppedLanes(draw)}
    <div class="column main">
      ${stopsView(draw)} ${approvalsView(draw)} ${current ? currentRun(draw, current) : nothingYet(draw)}
      ${eventsView(snapshot)} ${otherRuns(draw, current)}
    </div>
    <div class="column side">
      ${budgetsView(draw)} ${lanesView(draw)} ${issuesView(snapshot)} ${processView(snapshot.runtime)}
    </div>
  </div>`;
}

/** The run the reader chose, else the newest one at work, else the newest. */
export function chosenRun(snapshot: Snapshot, runId: string | null): RunView | null {
  const byAge = [...snapshot.runs].sort((a, b) => b.startedAt - a.startedAt || b.g - a.g);
  const active = byAge.find((run) => run.status === 'running' || run.status === 'waiting' || run.status === 'queued');
  return byAge.find((run) => run.runId === runId) ?? active ?? byAge[0] ?? null;
}

function nothingYet({ acts, post, snapshot }: DrawLive): TemplateResult {
  return html`<section class="card empty" aria-labelledby="empty-title">
    ${laneArt()}
    <h2 id="empty-title">No runs yet</h2>
    <p>
      Give an agent a task. Each call it makes takes a slot in a lane and is paid from a budget, and you see both here
      while it works.
    </p>
    ${
      acts
        ? html`<vscode-button @click=${() => post({ type: 'command', command: 'run' })}>Run agent task</vscode-button>`
        : html`<p class="muted">
            Begin with “HAiOS: Run Agent Task…” in VS Code, or <code>haios run "todo"</code> in a terminal.
          </p>`
    }
    ${snapshot.runtime.trusted ? nothing : html`<p class="muted">This workspace is not trusted: agents can answer, but run and write nothing.</p>`}
  </section>`;
}

function warnings(runtime: RuntimeView): TemplateResult {
  const lines = [
    runtime.configError === null ? null : `Configuration not in force: ${runtime.configError}`,
    runtime.ledger === 'ok' ? null : `The ledger is ${runtime.ledger}: paid calls are refused. Run “haios doctor”.`,
    runtime.history === 'ok' ? null : 'The history cannot be written: runs go on, but leave no trace.',
  ].filter((text) => text !== null);
  return html`${lines.map((text) => html`<div class="banner warning" role="status">${levelIcon('warning')}<span>${line(text, 400)}</span></div>`)}`;
}

function processView(runtime: RuntimeView): TemplateResult {
  const { rss, heap } = runtime.memory;
  return html`<section class="card" aria-labelledby="process-title">
    <h2 id="process-title">Runtime</h2>
    <dl class="facts small">
      <div>
        <dt>Memory</dt>
        <dd class="num" title=${`limit ${bytes(runtime.memoryLimit)}, heap ${bytes(heap)}`}>${bytes(rss)}</dd>
      </div>
      <div>
        <dt>Processor</dt>
        <dd class="num">${percent(runtime.cpuRatio)}</dd>
      </div>
      <div>
        <dt title="Spans lost because the buffer was full">Lost spans</dt>
        <dd class="num">${runtime.spansDropped === 0 ? 'none' : runtime.spansDropped}</dd>
      </div>
    </dl>
  </section>`;
}
