import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { RunStatus, StageName } from '../../src/catalogue/states.ts';
import { stages } from '../../src/catalogue/states.ts';
import { totalTokens } from '../../src/protocol/rows.ts';
import type { RunView } from '../../src/protocol/snapshot.ts';
import { progressBar } from '../parts/bars.ts';
import { dateTime, elapsed, integer, tokenLines, words } from '../parts/format.ts';
import { statusIcon } from '../parts/icons.ts';
import { costMarks, money } from '../parts/money.ts';
import { line, visible } from '../parts/text.ts';
import { elapsedNow } from '../store.ts';
import type { DrawLive } from './draw.ts';
import { refusal, taskList, tasksAtWork, wholeButtons, wholeTask } from './tasks.ts';

/** One run in full: the one at work, or the one the reader chose. */
export function currentRun(draw: DrawLive, run: RunView): TemplateResult {
  const { state, now, dispatch } = draw;
  return html`<section class="card run" aria-labelledby="run-title">
    <div class="run-head">
      <span class="status">${statusIcon(run.status)}<strong>${statusText(run)}</strong></span>
      <span class="muted num">g${run.g}</span>
      ${
        state.view.runId === null
          ? nothing
          : html`<button type="button" class="link" @click=${() => dispatch({ type: 'chooseRun', runId: null })}>
              Follow newest
            </button>`
      }
      <span class="spacer"></span>
      ${runButtons(draw, run)}
    </div>
    ${refusal(draw, wholeTask(run)?.taskId)}
    <h2 id="run-title" class="prompt" tabindex="-1" title=${visible(run.prompt.slice(0, 2000))}>
      ${line(run.prompt, 400)}
    </h2>
    ${stageStrip(run.stage, isActive(run.status))} ${run.tasksTotal > 1 ? progress(run) : nothing}
    ${taskList(draw, run)}
    <dl class="facts">
      <div class="cost">
        <dt>Cost</dt>
        <dd class="num">${money(run.cost)}</dd>
      </div>
      <div>
        <dt>Elapsed</dt>
        <dd class="num" title=${`Started ${dateTime(run.startedAt)}`}>
          ${elapsed(elapsedNow(run, state.connection, now))}
        </dd>
      </div>
      <div>
        <dt>Tokens</dt>
        <dd class="num" title=${tokenLines(run.cost.tokens)}>${integer(totalTokens(run.cost.tokens))}</dd>
      </div>
      <div>
        <dt>Calls</dt>
        <dd class="num">${integer(run.cost.calls)}</dd>
      </div>
      <div class="name">
        <dt>Agent</dt>
        <dd class="ellipsis" title=${line(run.agent, 200)}>${line(run.agent, 60)}</dd>
      </div>
      <div class="name">
        <dt>Model</dt>
        <dd class="ellipsis" title=${line(run.model, 200)}>${line(run.model, 80)}</dd>
      </div>
    </dl>
    <div class="marks-line">${costMarks(run.cost, run.priceAs)}</div>
    ${run.error === null ? nothing : html`<p class="run-error">${line(run.error, 500)}</p>`}
  </section>`;
}

/** The runs that are not shown in full, newest first. */
export function otherRuns(draw: DrawLive, current: RunView | null): TemplateResult | typeof nothing {
  const { snapshot, dispatch } = draw;
  const others = snapshot.runs
    .filter((run) => run.runId !== current?.runId)
    .sort((a, b) => b.startedAt - a.startedAt || b.g - a.g);
  if (others.length === 0) return nothing;
  return html`<section class="card" aria-labelledby="recent-title">
    <h2 id="recent-title">Other runs</h2>
    <ul class="rows runs">
      ${repeat(
        others,
        (run) => run.runId,
        (run) =>
          html`<li>
            <button
              type="button"
              class="row-button"
              title=${visible(run.prompt.slice(0, 2000))}
              @click=${() => dispatch({ type: 'chooseRun', runId: run.runId })}
            >
              ${statusIcon(run.status)}<span class="sr-only">${statusText(run)}:</span>
              <span class="num muted g">g${run.g}</span>
              <span class="ellipsis grow">${line(run.prompt, 200)}</span>
              <span class="num when muted">${elapsed(elapsedNow(run, draw.state.connection, draw.now))}</span>
              <span class="num amount">${money(run.cost)}</span>
            </button>
            ${tasksAtWork(draw, run)}
          </li>`,
      )}
    </ul>
  </section>`;
}

function runButtons(draw: DrawLive, run: RunView): TemplateResult | typeof nothing {
  const { acts, post, snapshot } = draw;
  if (!acts) return nothing;
  const { runId } = run;
  const name = `run g${run.g}`;
  const asked = run.waiting === 'approval' || snapshot.stops.some((stop) => stop.runId === runId);
  const canResume = run.resumable && !asked && run.status !== 'running' && run.status !== 'queued';
  return html`<span class="buttons">
    <vscode-button
      appearance="secondary"
      aria-label=${`Show trace of ${name}`}
      @click=${() => post({ type: 'showTrace', runId })}
      >Trace</vscode-button
    >
    ${
      run.report === null
        ? nothing
        : html`<vscode-button
            appearance="secondary"
            aria-label=${`Open report of ${name}`}
            title=${line(run.report, 300)}
            @click=${() => post({ type: 'openReport', runId })}
            >Report</vscode-button
          >`
    }
    ${wholeButtons(draw, run)}
    ${
      isActive(run.status)
        ? html`<vscode-button
            appearance="secondary"
            aria-label=${`Cancel ${name}`}
            @click=${() => post({ type: 'cancelRun', runId })}
            >Cancel</vscode-button
          >`
        : nothing
    }
    ${
      canResume
        ? html`<vscode-button aria-label=${`Resume ${name}`} @click=${() => post({ type: 'resumeRun', runId })}
            >Resume</vscode-button
          >`
        : nothing
    }
  </span>`;
}

/** How far the plan is. A run without steps is as far as its stage. */
function progress({ status, tasksDone, tasksTotal }: RunView): TemplateResult {
  const at = Math.min(tasksDone + (isActive(status) ? 1 : 0), tasksTotal);
  return html`<div class="task-line">
    <span class="num task-count">Task ${at} of ${tasksTotal}</span>
    ${progressBar(tasksDone, tasksTotal, 'Tasks done')}
  </div>`;
}

function stageStrip(stage: StageName | null, active: boolean): TemplateResult {
  return html`<ol class="stages" aria-label="Stages of the task">
    ${stages.map((name) => {
      const here = active && name === stage;
      return html`<li class=${here ? 'here' : ''} aria-current=${here ? 'step' : nothing}>${words(name)}</li>`;
    })}
  </ol>`;
}

function isActive(status: RunStatus): boolean {
  return status === 'queued' || status === 'running' || status === 'waiting';
}

function statusText(run: RunView): string {
  switch (run.status) {
    case 'queued':
      return 'Queued';
    case 'running':
      return wholeTask(run)?.state === 'paused' ? 'Pausing' : 'Running';
    case 'waiting':
      return run.waiting === 'approval'
        ? 'Waiting for approval'
        : run.waiting === 'budget'
          ? 'Waiting for budget'
          : 'Paused';
    case 'succeeded':
      return 'Succeeded';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    case 'budget_exceeded':
      return 'Stopped by budget';
    case 'interrupted':
      return 'Interrupted';
  }
}
