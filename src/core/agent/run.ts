import { runTransitions, type RunStatus, type StageName, type WaitReason } from '../../catalogue/states.ts';
import { addCost, noCost, type CostRecord, type RunRow } from '../../protocol/rows.ts';
import { HaiosError } from '../errors.ts';
import type { Observer } from '../events.ts';
import { Scope } from '../lanes/scope.ts';
import type { Clock } from '../ports.ts';
import { TaskControls } from './task-control.ts';

export type RunError = { readonly code: HaiosError['code']; readonly message: string };

/** One run's state: its row, its clock of time at work, its cancel signal and the controls of its tasks. */
export class Run {
  readonly tasks: TaskControls;
  #row: RunRow;
  #runningSince: number | null = null;
  #waits: WaitReason[] = [];
  readonly #costs = new Map<string, CostRecord>();
  readonly #resent = new Map<string, number>();
  readonly #controller = new AbortController();
  /** All its calls: runs share the lanes fairly. */
  readonly scope = new Scope({ signal: this.#controller.signal });
  readonly #clock: Clock;
  readonly #observe: Observer;

  /** `costs` are the records of the tasks that a resumed run already has. */
  constructor(row: RunRow, costs: ReadonlyMap<string, CostRecord>, clock: Clock, observe: Observer) {
    this.#row = row;
    this.#clock = clock;
    this.#observe = observe;
    for (const [taskId, cost] of costs) this.#costs.set(taskId, cost);
    this.tasks = new TaskControls(this, (reason, held) => (held ? this.#wait(reason) : this.#unwait(reason)));
  }

  get id(): string {
    return this.#row.runId;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get status(): RunStatus {
    return this.#row.status;
  }

  get cost(): CostRecord {
    return [...this.#costs.values()].reduce(addCost, noCost);
  }

  row(): RunRow {
    return {
      ...this.#row,
      waiting: this.#waits.at(-1) ?? null,
      cost: this.cost,
      tasks: this.#costs.size,
      durationMs: this.workMs,
    };
  }

  /** Time at work so far, pauses and waits excluded. */
  get workMs(): number {
    return this.#row.durationMs + (this.#runningSince === null ? 0 : this.#clock.monotonic() - this.#runningSince);
  }

  costOf(taskId: string): CostRecord {
    return this.#costs.get(taskId) ?? noCost;
  }

  setCost(taskId: string, cost: CostRecord): void {
    this.#costs.set(taskId, cost);
  }

  /** Tokens of context that were sent again, of those its tasks have used. */
  get resent(): number {
    return [...this.#resent.values()].reduce((sum, tokens) => sum + tokens, 0);
  }

  setResent(taskId: string, tokens: number): void {
    this.#resent.set(taskId, tokens);
  }

  countCall(): void {
    this.#row = { ...this.#row, workerCalls: this.#row.workerCalls + 1 };
  }

  /** Its calls from now on; those it made keep theirs. */
  switchModel(model: string, priceAs: string | null): void {
    this.#row = { ...this.#row, model, priceAs: this.#row.priceAs ?? priceAs };
    this.#observe({ type: 'run_changed', run: this.row(), from: this.status });
  }

  begin(): void {
    this.#move('running', { endedAt: null, error: null });
  }

  end(
    status: Exclude<RunStatus, 'queued' | 'running' | 'waiting'>,
    end: { text: string; error: RunError | null },
  ): void {
    this.#waits = [];
    this.#move(status, { text: end.text.slice(0, 65_536), error: end.error, endedAt: this.#clock.now() });
  }

  cancel(reason: HaiosError): void {
    this.#controller.abort(reason);
  }

  pause(): void {
    if (this.#row.status === 'running' || this.#row.status === 'waiting') this.tasks.pauseAll();
  }

  /** Continues the run and each of its tasks that is paused. */
  continue(): void {
    this.tasks.continueAll();
  }

  /** Shows the run as waiting for the reason while `work` is pending. */
  async whileWaiting<T>(reason: WaitReason, work: () => Promise<T>): Promise<T> {
    this.#wait(reason);
    try {
      return await work();
    } finally {
      this.#unwait(reason);
    }
  }

  stage(taskId: string, stage: StageName): void {
    this.#observe({ type: 'stage_started', runId: this.id, taskId, stage });
  }

  #wait(reason: WaitReason): void {
    this.#waits.push(reason);
    this.#move('waiting', {});
  }

  #unwait(reason: WaitReason): void {
    const at = this.#waits.indexOf(reason);
    if (at < 0) return;
    this.#waits.splice(at, 1);
    if (this.#row.status === 'waiting') this.#move(this.#waits.length === 0 ? 'running' : 'waiting', {});
  }

  #move(to: RunStatus, change: Partial<RunRow>): void {
    const from = this.#row.status;
    if (from !== to && !(runTransitions[from] as readonly RunStatus[]).includes(to)) {
      throw new HaiosError('INTERNAL', `A run cannot go from “${from}” to “${to}”.`);
    }
    this.#row = { ...this.#row, durationMs: this.workMs };
    this.#runningSince = to === 'running' ? this.#clock.monotonic() : null;
    this.#row = { ...this.#row, ...change, status: to };
    this.#observe({ type: 'run_changed', run: this.row(), from });
  }
}
