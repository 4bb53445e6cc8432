import type { OnLimit } from '../../catalogue/states.ts';
import type { BudgetDecision } from '../../protocol/messages.ts';
import type { BudgetStopView } from '../../protocol/snapshot.ts';
import { budgetId, type Overrides } from '../budget/overrides.ts';
import { checkLimit, raisesFor } from '../budget/raises.ts';
import { HaiosError, isHaiosError } from '../errors.ts';
import type { Observer } from '../events.ts';
import type { Clock, Ledger, ModelRequest } from '../ports.ts';
import type { Caller } from './caller.ts';
import { cheaperModels } from './cheaper.ts';
import { refusalOf, type Refusal } from './refusal.ts';
import { sayResent } from './resent.ts';
import type { Run } from './run.ts';

export interface StopDeps {
  readonly run: Run;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly ledger: Ledger;
  readonly overrides: Overrides;
  readonly onLimit: OnLimit;
  /** The run's next calls go to this model. Throws MODEL_UNKNOWN, API_KEY_MISSING, UNPRICED. */
  readonly switchModel: (id: string) => void;
}

interface Stop {
  /** Null: a person stopped the run after its call. */
  readonly refusal: Refusal | null;
  view: BudgetStopView;
  /** Its running calls have ended: it can be decided. */
  waiting: boolean;
}

const lookMs = 1000;

/**
 * Where a run waits when a budget allows no further call: its running calls end, no other begins, and a person decides
 * how it goes on. There is one stop for all calls that are refused meanwhile; after it each asks again.
 */
export class BudgetStop {
  readonly #deps: StopDeps;
  #stop: Stop | null = null;
  #opened: Promise<void> = Promise.resolve();
  #isDeciding = false;
  #endLook = (): void => undefined;
  #save = (): void => undefined;
  /** Budgets whose windows are waited for. */
  readonly #patient = new Set<string>();

  constructor(deps: StopDeps) {
    this.#deps = deps;
  }

  /** `save` keeps the run's checkpoint. `end` is to be called in `finally`. */
  begin(save: () => void): void {
    this.#save = save;
  }

  end(): void {
    this.#stopLooking();
    this.#stop = null;
  }

  /** Does a call, and again each time it may be after a budget refused it. Throws what the call throws. */
  async through<T>(task: Caller, request: ModelRequest | null, call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (thrown) {
        const error = sayResent(thrown, task);
        if (!isHaiosError(error, 'BUDGET_EXCEEDED') || task.signal.aborted) throw error;
        await this.#refused(error, task, request);
      }
    }
  }

  /** Lets running calls end, then waits for a decision. */
  afterCall(): void {
    if (this.#stop === null) this.#open(null, 'Stopped by a person after its call; it goes on when it is continued.');
  }

  /** Takes back a stop that no budget made. */
  continue(): void {
    if (this.#stop?.refusal === null) this.#release('continue');
  }

  /** Throws BUDGET_DECISION, or why the model cannot be used: the run then waits as before. */
  async decide(decision: BudgetDecision): Promise<void> {
    const stop = this.#stop;
    if (stop === null || !stop.waiting || this.#isDeciding) throw notWaiting();
    this.#isDeciding = true;
    try {
      await this.#carryOut(stop, decision);
    } finally {
      this.#isDeciding = false;
    }
  }

  /** Goes on if a person changed the budget meanwhile, or its window has come. Throws LEDGER_*. */
  async look(): Promise<void> {
    const stop = this.#stop;
    if (stop === null || stop.refusal === null) return;
    const { refusal, view } = stop;
    const { clock, overrides } = this.#deps;
    await overrides.read();
    const came = view.waits && view.freesAt !== null && clock.now() >= view.freesAt;
    const changed = (overrides.of(refusal.budget)?.overrideId ?? null) !== refusal.overrideId;
    if (this.#stop !== stop || !stop.waiting || this.#isDeciding) return;
    if (came || changed) this.#release('continue');
  }

  async #refused(error: HaiosError, task: Caller, request: ModelRequest | null): Promise<void> {
    const refusal = refusalOf(error, task);
    if (refusal === null) {
      if (this.#stop === null) throw error;
      return;
    }
    const { onLimit } = this.#deps;
    // A pace is no end: whatever is to be done at one, there is nothing to decide.
    if (!refusal.paced && (onLimit === 'stop' || (onLimit === 'wait' && refusal.freesAt === null))) throw error;
    if (this.#stop === null || this.#stop.refusal === null) {
      this.#open(refusal, error.message);
      this.#opened = this.#addCheaper(task, request);
    }
    await this.#opened;
  }

  #open(refusal: Refusal | null, message: string): void {
    const { run, clock, onLimit } = this.#deps;
    const { budget, asked, freesAt } = refusal ?? { budget: null, asked: 0, freesAt: null };
    const patient = refusal?.paced === true || onLimit === 'wait';
    const waits = budget !== null && freesAt !== null && (patient || this.#patient.has(budgetId(budget)));
    const raises =
      budget === null ? [] : raisesFor(budget.resource, budget.limit, budget.used + budget.reserved + asked);
    const { g } = run.row();
    const base = { runId: run.id, g, at: clock.now(), message, cheaper: [] };
    const stop: Stop = { refusal, view: { ...base, budget, asked, raises, freesAt, waits }, waiting: false };
    this.#stop = stop;
    run.tasks.stopCalls((waiting) => this.#waits(stop, waiting));
  }

  async #addCheaper(task: Caller, request: ModelRequest | null): Promise<void> {
    const stop = this.#stop;
    if (request === null || stop === null) return;
    // For show only: the next call is asked for by the ledger all the same.
    const cheaper = await cheaperModels(task, request).catch(() => []);
    stop.view = { ...stop.view, cheaper };
  }

  #waits(stop: Stop, waiting: boolean): void {
    stop.waiting = waiting;
    this.#stopLooking();
    if (!waiting) return;
    this.#save();
    this.#deps.observe({ type: 'budget_stopped', stop: stop.view });
    if (stop.refusal !== null) this.#lookLater();
  }

  #lookLater(): void {
    const end = this.#deps.clock.after(lookMs, () => {
      // A ledger that cannot be read now is read the next time.
      const looked = this.look().catch(() => undefined);
      void looked.then(() => {
        if (this.#endLook === end) this.#lookLater();
      });
    });
    this.#endLook = end;
  }

  #stopLooking(): void {
    this.#endLook();
    this.#endLook = () => undefined;
  }

  async #carryOut(stop: Stop, decision: BudgetDecision): Promise<void> {
    const { run, clock, observe, overrides, switchModel } = this.#deps;
    const { refusal, view } = stop;
    switch (decision.type) {
      case 'raise': {
        if (refusal === null)
          throw new HaiosError('BUDGET_DECISION', 'No budget stopped this run; continue or stop it.');
        checkLimit(refusal.budget.resource, decision, clock.now(), await this.#least(refusal));
        await overrides.set(refusal.budget, decision.limit, decision.until);
        break;
      }
      case 'wait': {
        if (refusal === null || view.freesAt === null) {
          throw new HaiosError(
            'BUDGET_DECISION',
            'This budget does not allow the call by itself, however long the run waits; raise it, switch to a cheaper model, or stop.',
          );
        }
        this.#patient.add(budgetId(refusal.budget));
        stop.view = { ...view, waits: true };
        observe({ type: 'budget_decided', runId: run.id, decision: 'wait' });
        observe({ type: 'budget_stopped', stop: stop.view });
        return;
      }
      case 'switch_model':
        switchModel(decision.model);
        break;
      case 'continue':
        break;
      case 'stop':
        observe({ type: 'budget_decided', runId: run.id, decision: 'stop' });
        this.end();
        run.cancel(refusal?.error ?? stoppedByPerson());
        return;
    }
    // It may have been cancelled meanwhile.
    if (this.#stop === stop) this.#release(decision.type);
  }

  /** What the budget's limit must be for the next call. */
  async #least({ limit, budget, asked }: Refusal): Promise<number> {
    if (limit === null) return budget.used;
    const [use] = await this.#deps.ledger.use([limit]);
    return (use?.settled ?? budget.used) + asked;
  }

  #release(decision: BudgetDecision['type']): void {
    const { run, observe } = this.#deps;
    this.end();
    observe({ type: 'budget_decided', runId: run.id, decision });
    run.tasks.allowCalls();
  }
}

function notWaiting(): HaiosError {
  return new HaiosError(
    'BUDGET_DECISION',
    'The run does not wait for a decision on a budget; it has gone on or ended, or another decision is being carried out.',
  );
}

function stoppedByPerson(): HaiosError {
  return new HaiosError('BUDGET_EXCEEDED', 'Stopped by a person after its call; what was spent stays spent.', {
    details: { person: true },
  });
}
