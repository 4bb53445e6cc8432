import type { TaskAction } from '../../protocol/messages.ts';
import { HaiosError } from '../errors.ts';
import { beginAgain, type TaskState } from './checkpoint.ts';

/** What is asked of one task that is at work. Its signal is that of its attempt, and follows the one it belongs to. */
export class TaskControl {
  readonly state: TaskState;
  readonly above: TaskControl | null;
  cancelled = false;
  /** Its steps, while they are being done and one that ended may be begun again; `changed` is called when one is. */
  steps: { readonly all: readonly TaskState[]; readonly changed: () => void } | null = null;
  #paused = false;
  #retry = false;
  #attempt = new AbortController();
  readonly #outer: AbortSignal;
  readonly #tell: (what: 'paused' | 'continued') => void;
  readonly #follow = (): void => this.#attempt.abort(this.#outer.reason);

  constructor(
    state: TaskState,
    above: TaskControl | null,
    outer: AbortSignal,
    tell: (what: 'paused' | 'continued') => void,
  ) {
    this.state = state;
    this.above = above;
    this.#outer = outer;
    this.#tell = tell;
    if (outer.aborted) this.#follow();
    else outer.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  /** Whether it, or a task it belongs to, is paused. */
  get held(): boolean {
    return this.#paused || this.above?.held === true;
  }

  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#tell(paused ? 'paused' : 'continued');
  }

  cancel(): void {
    this.cancelled = true;
    this.#attempt.abort(new HaiosError('CANCELLED', `Task “${this.state.title}” was cancelled by a person.`));
  }

  retry(): void {
    this.#retry = true;
    this.pause(false);
    this.#attempt.abort(new HaiosError('CANCELLED', `Task “${this.state.title}” is begun again.`));
  }

  /** After an attempt: true if another one was asked for; its signal is then in place. */
  takeRetry(): boolean {
    if (!this.#retry || this.cancelled || this.#outer.aborted) return false;
    this.#retry = false;
    this.#attempt = new AbortController();
    return true;
  }

  close(): void {
    this.#outer.removeEventListener('abort', this.#follow);
  }
}

/** The tasks of a run that are at work: where they are paused, continued, cancelled and begun again, one or all. */
export class TaskControls {
  readonly #run: { readonly signal: AbortSignal; cancel(reason: HaiosError): void };
  readonly #onHeld: (reason: 'paused' | 'budget', held: boolean) => void;
  readonly #open = new Map<string, TaskControl>();
  #paused = false;
  /** Hears when nothing of the run goes on any more because its calls are stopped, and when something does again. */
  #stop: ((waiting: boolean) => void) | null = null;
  readonly #held = { paused: false, budget: false };
  /** Calls that wait here, and calls that were let through and have not ended. */
  readonly #waiting = { paused: 0, budget: 0 };
  #busy = 0;
  readonly #wake: (() => void)[] = [];

  /** `onHeld` is told why nothing of the run can go on any more (it or its tasks are paused, its calls stopped), and when it can again. */
  constructor(
    run: { readonly signal: AbortSignal; cancel(reason: HaiosError): void },
    onHeld: (reason: 'paused' | 'budget', held: boolean) => void,
  ) {
    this.#run = run;
    this.#onHeld = onHeld;
    run.signal.addEventListener('abort', () => this.#release(), { once: true });
  }

  /** To be closed in `finally`. `tell` hears when it is paused and continued. */
  open(
    state: TaskState,
    aboveTaskId: string | null,
    tell: (what: 'paused' | 'continued') => void = () => undefined,
  ): TaskControl {
    const above = aboveTaskId === null ? null : (this.#open.get(aboveTaskId) ?? null);
    const control = new TaskControl(state, above, above?.signal ?? this.#run.signal, tell);
    this.#open.set(state.taskId, control);
    return control;
  }

  close(control: TaskControl): void {
    control.close();
    this.#open.delete(control.state.taskId);
  }

  pauseAll(): void {
    this.#paused = true;
    this.#show();
  }

  continueAll(): void {
    this.#paused = false;
    for (const task of this.#open.values()) task.pause(false);
    this.#release();
    this.#show();
  }

  /** Whether calls are stopped: those under way end, none begins. */
  get stopped(): boolean {
    return this.#stop !== null;
  }

  stopCalls(onWaiting: (waiting: boolean) => void): void {
    this.#stop = onWaiting;
    this.#show();
  }

  allowCalls(): void {
    this.#stop = null;
    this.#release();
    this.#show();
  }

  /** The root task stands for the run. Throws RUN_NOT_FOUND for a task that is not at work. */
  control(taskId: string, action: TaskAction): void {
    const task = this.#open.get(taskId);
    if (task === undefined) {
      if (action === 'retry' && this.#beginStepAgain(taskId)) return;
      throw new HaiosError(
        'RUN_NOT_FOUND',
        'That task is not at work; it has ended or has not begun, and only tasks at work can be controlled.',
      );
    }
    switch (action) {
      case 'pause':
        task.pause(true);
        break;
      case 'continue':
        task.pause(false);
        break;
      case 'cancel':
        if (task.above === null) this.#run.cancel(new HaiosError('CANCELLED', 'Stopped by a person.'));
        else task.cancel();
        break;
      case 'retry':
        task.retry();
        break;
    }
    this.#release();
  }

  /**
   * Resolves at once, or when neither the run nor the task is paused and calls are not stopped (which does not concern a
   * run at its end: no task); rejects with why they were cancelled.
   */
  async pass(task: TaskControl | null): Promise<void> {
    const signal = task?.signal ?? this.#run.signal;
    const reason = (): 'paused' | 'budget' | null => {
      if (signal.aborted) return null;
      if (task !== null && this.#stop !== null) return 'budget';
      return this.#paused || task?.held === true ? 'paused' : null;
    };
    let why = reason();
    if (why !== null) {
      while (why !== null) {
        this.#waiting[why] += 1;
        this.#show();
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        this.#waiting[why] -= 1;
        why = reason();
      }
      this.#show();
    }
    signal.throwIfAborted();
  }

  /** Like `pass`, for a call: the returned function is to be called at its end. */
  async admit(task: TaskControl): Promise<() => void> {
    await this.pass(task);
    this.#busy += 1;
    this.#show();
    let atWork = true;
    return () => {
      if (!atWork) return;
      atWork = false;
      this.#busy -= 1;
      this.#show();
    };
  }

  /** A step that ended is done once more as long as the task it belongs to still does its steps. */
  #beginStepAgain(taskId: string): boolean {
    for (const { steps } of this.#open.values()) {
      const step = steps?.all.find((one) => one.taskId === taskId);
      if (step === undefined || (step.phase !== 'done' && step.phase !== 'cancelled')) continue;
      beginAgain(step);
      steps?.changed();
      return true;
    }
    return false;
  }

  #release(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #show(): void {
    const { paused, budget } = this.#waiting;
    this.#tell('paused', this.#paused || (paused > 0 && this.#busy === 0));
    this.#tell('budget', this.#stop !== null && budget > 0 && this.#busy === 0);
  }

  #tell(reason: 'paused' | 'budget', held: boolean): void {
    if (held === this.#held[reason]) return;
    this.#held[reason] = held;
    this.#onHeld(reason, held);
    if (reason === 'budget') this.#stop?.(held);
  }
}
