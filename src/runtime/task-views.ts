import type { StageName, TaskStatus } from '../catalogue/states.ts';
import type { CoreEvent, PlannedStep } from '../core/events.ts';
import { noCost, totalTokens, type CostRecord, type TaskRow } from '../protocol/rows.ts';
import { tasksShown, type TaskView } from '../protocol/snapshot.ts';

interface Entry {
  readonly taskId: string;
  readonly parentTaskId: string | null;
  readonly title: string;
  readonly depth: number;
  state: TaskView['state'];
  stage: StageName | null;
  /** The run's time at work when it began and when it ended, ms. */
  beganAt: number;
  endedAt: number | null;
  cost: CostRecord;
  /** Its steps are being done: one that ended can be begun again. */
  doesSteps: boolean;
}

/** Folds the events of one run into its tasks. Times are the run's time at work, so they stand still while it waits. */
export class TaskViews {
  readonly #tasks = new Map<string, Entry>();

  /** `workMs`: the run's time at work, asked only where it counts. */
  observe(event: CoreEvent, workMs: () => number): void {
    switch (event.type) {
      case 'task_started':
        this.#tasks.set(event.task.taskId, entryOf(event.task, workMs()));
        break;
      case 'task_changed':
        this.#change(event.task.taskId, (task) => (task.cost = event.task.cost));
        break;
      case 'task_ended':
        this.#change(event.task.taskId, (task) => {
          task.cost = event.task.cost;
          task.state = stateAfter(event.task.status);
          task.stage = null;
          task.endedAt = workMs();
        });
        break;
      case 'stage_started':
        this.#change(event.taskId, (task) => (task.stage = event.stage));
        break;
      case 'steps_left':
        this.#change(event.taskId, (task) => {
          task.doesSteps = event.steps !== null;
          this.#plan(task.taskId, event.steps ?? []);
        });
        break;
      case 'task_span_event':
        if (event.span.taskId !== null) this.#told(event.span.taskId, event.name);
        break;
      default:
        break;
    }
  }

  get total(): number {
    return this.#tasks.size;
  }

  get done(): number {
    return [...this.#tasks.values()].filter(isOver).length;
  }

  /** In the order of the plan. Of a run that ended: what failed. */
  views(workMs: number, ended: boolean): readonly TaskView[] {
    const tasks = this.#inOrder(null);
    const shown = ended ? tasks.filter(({ state, depth }) => state === 'failed' && depth > 0) : tasks;
    return choose(shown).map((task) => this.#view(task, workMs));
  }

  #view(task: Entry, workMs: number): TaskView {
    const { taskId, title, depth, state, stage, beganAt, endedAt, cost } = task;
    const above = task.parentTaskId === null ? undefined : this.#tasks.get(task.parentTaskId);
    return {
      taskId,
      title,
      depth,
      state,
      stage,
      elapsedMs: state === 'queued' ? 0 : Math.round((endedAt ?? workMs) - beganAt),
      tokens: totalTokens(cost.tokens),
      nusd: cost.nusd,
      estimated: cost.estimated,
      unpricedCalls: cost.unpricedCalls,
      repeatable: above?.doesSteps === true && (state === 'done' || state === 'cancelled'),
    };
  }

  #plan(parentTaskId: string, steps: readonly PlannedStep[]): void {
    const planned = new Set(steps.map(({ taskId }) => taskId));
    for (const task of this.#under(parentTaskId)) {
      if (task.state === 'queued' && !planned.has(task.taskId)) this.#tasks.delete(task.taskId);
    }
    for (const { taskId, title, depth } of steps) {
      const known = this.#tasks.get(taskId);
      if (known === undefined) this.#tasks.set(taskId, queued({ taskId, title, depth }, parentTaskId));
      else if (isOver(known)) known.state = 'queued';
    }
  }

  #told(taskId: string, name: string): void {
    this.#change(taskId, (task) => {
      if (name === 'paused') task.state = 'paused';
      if (name === 'continued') task.state = 'running';
      if (name === 'retried') this.#forgetUnder(taskId);
    });
  }

  /** A task that is begun again plans anew. */
  #forgetUnder(taskId: string): void {
    for (const task of this.#under(taskId)) {
      this.#forgetUnder(task.taskId);
      this.#tasks.delete(task.taskId);
    }
  }

  #under(parentTaskId: string | null): Entry[] {
    return [...this.#tasks.values()].filter((task) => task.parentTaskId === parentTaskId);
  }

  #inOrder(parentTaskId: string | null): Entry[] {
    return this.#under(parentTaskId).flatMap((task) => [task, ...this.#inOrder(task.taskId)]);
  }

  #change(taskId: string, change: (task: Entry) => unknown): void {
    const task = this.#tasks.get(taskId);
    if (task !== undefined) change(task);
  }
}

/** What is at work or went wrong before what comes next, that before what is done; of those the last. */
function choose(tasks: readonly Entry[]): readonly Entry[] {
  if (tasks.length <= tasksShown) return tasks;
  const rank = ({ state }: Entry): number => (state === 'done' ? 2 : state === 'queued' ? 1 : 0);
  const byNeed = tasks
    .map((task, at) => ({ task, at }))
    .sort((a, b) => rank(a.task) - rank(b.task) || (a.task.state === 'done' ? b.at - a.at : a.at - b.at));
  const chosen = new Set(byNeed.slice(0, tasksShown).map(({ task }) => task));
  return tasks.filter((task) => chosen.has(task));
}

function entryOf({ taskId, parentTaskId, title, depth, cost }: TaskRow, workMs: number): Entry {
  return {
    ...queued({ taskId, title, depth }, parentTaskId),
    state: 'running',
    // The task that is the whole run is as old as the run.
    beganAt: depth === 0 ? 0 : workMs,
    cost,
  };
}

function queued({ taskId, title, depth }: PlannedStep, parentTaskId: string | null): Entry {
  return {
    taskId,
    parentTaskId,
    title,
    depth,
    state: 'queued',
    stage: null,
    beganAt: 0,
    endedAt: null,
    cost: noCost,
    doesSteps: false,
  };
}

function isOver({ state }: Entry): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

function stateAfter(status: TaskStatus): TaskView['state'] {
  switch (status) {
    case 'running':
      return 'running';
    case 'succeeded':
    case 'decomposed':
      return 'done';
    case 'cancelled':
      return 'cancelled';
    case 'failed':
    case 'budget_exceeded':
    case 'interrupted':
      return 'failed';
  }
}
