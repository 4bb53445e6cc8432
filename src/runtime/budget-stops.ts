import type { CoreEvent } from '../core/events.ts';
import type { BudgetStopView } from '../protocol/snapshot.ts';

/** The runs that wait because a budget allows no further call. Tells each of them once. */
export class BudgetStops {
  readonly #views = new Map<string, BudgetStopView>();
  /** When the last stop of each run that was told began. */
  readonly #told = new Map<string, number>();
  readonly #tell: (stop: BudgetStopView) => void;

  constructor(tell: (stop: BudgetStopView) => void) {
    this.#tell = tell;
  }

  /** True if a view changed. */
  observe(event: CoreEvent): boolean {
    switch (event.type) {
      case 'budget_stopped': {
        const { stop } = event;
        this.#views.set(stop.runId, stop);
        if (this.#told.get(stop.runId) !== stop.at) this.#tell(stop);
        this.#told.set(stop.runId, stop.at);
        return true;
      }
      case 'budget_decided':
        return event.decision !== 'wait' && this.#views.delete(event.runId);
      case 'run_changed':
        if (event.run.endedAt !== null) this.#told.delete(event.run.runId);
        return event.run.status !== 'waiting' && this.#views.delete(event.run.runId);
      default:
        return false;
    }
  }

  views(): readonly BudgetStopView[] {
    return [...this.#views.values()];
  }
}
