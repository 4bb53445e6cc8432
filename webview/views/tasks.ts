import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { RunStatus } from '../../src/catalogue/states.ts';
import type { TaskAction } from '../../src/protocol/messages.ts';
import type { RunView, TaskView } from '../../src/protocol/snapshot.ts';
import { taskActions } from '../../src/protocol/task-actions.ts';
import { compact, elapsed, integer, words } from '../parts/format.ts';
import { busyIcon, cancelIcon, pauseIcon, resumeIcon, retryIcon, statusIcon } from '../parts/icons.ts';
import { money } from '../parts/money.ts';
import { line } from '../parts/text.ts';
import { elapsedNow } from '../store.ts';
import { isBusy, readOnlyTasks } from '../task-requests.ts';
import type { DrawLive } from './draw.ts';

/** The steps of a run. Its whole is drawn as the run itself, so a run without steps has no list. */
export function taskList(draw: DrawLive, run: RunView): TemplateResult | typeof nothing {
  const steps = run.tasks.filter(({ depth }) => depth > 0);
  if (steps.length === 0) return nothing;
  const more = wholeTask(run) === undefined ? 0 : run.tasksTotal - run.tasks.length;
  const steered = !draw.acts && draw.state.connection.phase !== 'lost' && steps.some((step) => canAct(step));
  return html`${list(draw, run, steps, more)}
  ${steered ? html`<p class="muted small read-only">${readOnlyTasks}</p>` : nothing}`;
}

/** Of a run that is shown in one line: the steps at work. */
export function tasksAtWork(draw: DrawLive, run: RunView): TemplateResult | typeof nothing {
  const steps = run.tasks.filter(({ depth, state }) => depth > 0 && (state === 'running' || state === 'paused'));
  return steps.length === 0 ? nothing : list(draw, run, steps, 0);
}

/** The task that is the whole run; undefined before it began and when the run is over. */
export function wholeTask({ tasks }: RunView): TaskView | undefined {
  return tasks.find(({ depth }) => depth === 0);
}

/** What can be asked of a run as a whole, beside its cancellation, which is its own. */
export function wholeButtons(draw: DrawLive, run: RunView): TemplateResult | typeof nothing {
  const task = wholeTask(run);
  if (task === undefined || !draw.acts) return nothing;
  const actions = taskActions(task).filter((action) => action !== 'cancel');
  return html`${slots(actions).map(({ slot, action }) =>
    action === undefined
      ? nothing
      : html`<vscode-button
          class=${`task-${slot}`}
          appearance="secondary"
          data-task=${task.taskId}
          aria-label=${`${texts[action].text} run g${run.g}`}
          aria-disabled=${isBusy(draw.state.taskRequests[task.taskId])}
          title=${texts[action].run}
          @click=${() => draw.dispatch({ type: 'controlTask', runId: run.runId, taskId: task.taskId, action })}
          >${slot === 'toggle' ? either(texts[action].text) : texts[action].text}</vscode-button
        >`,
  )}`;
}

/** As wide as the longer of its two names. No span, which the toolkit makes as small as an icon. */
function either(text: string): TemplateResult {
  return html`<bdi class="either">${text}<span aria-hidden="true">${texts.continue.text}</span></bdi>`;
}

/** Why the last thing that was asked of a task was not done. */
export function refusal({ state }: DrawLive, taskId: string | undefined): TemplateResult | typeof nothing {
  const request = taskId === undefined ? undefined : state.taskRequests[taskId];
  if (request?.phase !== 'refused') return nothing;
  return html`<p class="task-refusal" role="alert">${line(request.message, 400)}</p>`;
}

function list(draw: DrawLive, run: RunView, tasks: readonly TaskView[], more: number): TemplateResult {
  return html`<ul class=${`tasks${draw.acts ? ' acts' : ''}`} aria-label=${`Tasks of run g${run.g}`}>
    ${repeat(
      tasks,
      ({ taskId }) => taskId,
      (task) => row(draw, run, task),
    )}
    ${more > 0 ? html`<li class="more muted small">+ ${integer(more)} more</li>` : nothing}
  </ul>`;
}

function row(draw: DrawLive, run: RunView, task: TaskView): TemplateResult {
  const { taskId, depth, state, tokens } = task;
  const title = line(task.title, 300);
  return html`<li class=${`task is-${state} depth-${Math.min(depth, 3)}`}>
    ${statusIcon(shape(task, run.status))}
    <span class="task-title ellipsis" title=${title}>${title}</span>
    <span class="task-figures">
      <span class="task-state ellipsis">${stateText(task, run.status)}</span>
      ${
        state === 'queued'
          ? nothing
          : html`<span class="num task-time">${elapsed(timeOf(draw, run, task))}</span>
              <span class="num task-tokens" title=${`${integer(tokens)} tokens`}
                >${compact(tokens)}<span class="muted"> tok</span></span
              >
              <span class="num task-cost">${money(task)}</span>`
      }
    </span>
    ${draw.acts ? html`<span class="task-buttons">${slots(taskActions(task)).map((slot) => button(draw, run, task, slot))}</span>` : nothing}
    ${refusal(draw, taskId)}
  </li>`;
}

type Slot = 'toggle' | 'retry' | 'cancel';

/** Each action has its place, so that none moves below the mouse when another comes or goes. */
function slots(actions: readonly TaskAction[]): readonly { slot: Slot; action: TaskAction | undefined }[] {
  const has = (action: TaskAction): TaskAction | undefined => actions.find((known) => known === action);
  return [
    { slot: 'toggle', action: has('pause') ?? has('continue') },
    { slot: 'retry', action: has('retry') },
    { slot: 'cancel', action: has('cancel') },
  ];
}

function button(
  draw: DrawLive,
  run: RunView,
  { taskId, title }: TaskView,
  { slot, action }: { slot: Slot; action: TaskAction | undefined },
): TemplateResult | typeof nothing {
  if (action === undefined) return nothing;
  const request = draw.state.taskRequests[taskId];
  const { text, task: effect, icon } = texts[action];
  // Not disabled while it is busy: the keyboard would be left on nothing.
  return html`<button
    type="button"
    class=${`icon-button task-${slot}`}
    data-task=${taskId}
    aria-label=${`${text} task “${line(title, 80)}” of run g${run.g}`}
    aria-disabled=${isBusy(request)}
    title=${`${text}: ${effect}`}
    @click=${() => draw.dispatch({ type: 'controlTask', runId: run.runId, taskId, action })}
  >
    ${request !== undefined && request.phase !== 'refused' && request.action === action ? busyIcon() : icon()}
  </button>`;
}

const texts: Readonly<
  Record<
    TaskAction,
    { readonly text: string; readonly task: string; readonly run: string; readonly icon: () => TemplateResult }
  >
> = {
  pause: {
    text: 'Pause',
    task: 'a call under way ends, no other begins',
    run: 'Calls under way end, no other begins',
    icon: pauseIcon,
  },
  continue: { text: 'Continue', task: 'its calls begin again', run: 'Calls begin again', icon: resumeIcon },
  retry: {
    text: 'Retry',
    task: 'it begins again from its prompt; what it used stays used',
    run: 'Begins again from the prompt; what was used stays used',
    icon: retryIcon,
  },
  cancel: {
    text: 'Cancel',
    task: 'the rest of the run goes on',
    run: 'Nothing more of it is done',
    icon: cancelIcon,
  },
};

function canAct(task: TaskView): boolean {
  return taskActions(task).length > 0;
}

/** On the run's clock, which goes on between snapshots. */
function timeOf({ state, now }: DrawLive, run: RunView, task: TaskView): number {
  if (task.state !== 'running' && task.state !== 'paused') return task.elapsedMs;
  return Math.max(0, task.elapsedMs + elapsedNow(run, state.connection, now) - run.elapsedMs);
}

function shape({ state }: TaskView, run: RunStatus): RunStatus {
  switch (state) {
    case 'running':
      return run === 'running' ? 'running' : 'waiting';
    case 'paused':
      return 'waiting';
    case 'done':
      return 'succeeded';
    case 'queued':
    case 'failed':
    case 'cancelled':
      return state;
  }
}

function stateText({ state, stage }: TaskView, run: RunStatus): string {
  switch (state) {
    case 'running':
      return stage === null ? 'begins' : words(stage);
    case 'paused':
      return run === 'running' ? 'pausing' : 'paused';
    case 'queued':
    case 'done':
    case 'failed':
    case 'cancelled':
      return state;
  }
}
