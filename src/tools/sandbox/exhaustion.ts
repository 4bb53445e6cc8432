import type { SandboxType } from '../../catalogue/lanes.ts';
import type { Observer } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import type { IssueRow } from '../../protocol/rows.ts';
import type { PoolFigures } from './places.ts';

export interface ExhaustionOptions {
  readonly sandbox: SandboxType;
  /** The setting that makes the pool larger. */
  readonly setting: string;
  readonly runtimeId: string;
  readonly clock: Clock;
  readonly observe: Observer;
}

/** Less than this share of a pool free, while work waits, for this long: a person is told. */
const lowShare = 0.1;
const patienceMs = 30_000;

/** The id of a runtime's alert: one per pool, so that whoever buries the runtime finds and closes it. */
export const alertPrefix = (runtimeId: string): string => `${runtimeId}:SandboxPoolExhaustion:`;

/** Raises the alert SandboxPoolExhaustion of one pool, once, and closes it when a tenth of the pool is free again. */
export class ExhaustionWatch {
  readonly #o: ExhaustionOptions;
  #state: State = { kind: 'calm' };

  constructor(options: ExhaustionOptions) {
    this.#o = options;
  }

  changed(figures: PoolFigures): void {
    const low = figures.available < figures.total * lowShare;
    switch (this.#state.kind) {
      case 'calm':
        if (low && figures.waiting > 0) this.#wait(figures);
        break;
      case 'low':
        if (low && figures.waiting > 0) this.#state.figures = figures;
        else this.close();
        break;
      case 'raised':
        if (!low) this.close();
        break;
    }
  }

  /** Ends the watch, and the alert with it. */
  close(): void {
    const state = this.#state;
    this.#state = { kind: 'calm' };
    if (state.kind === 'low') state.cancel();
    if (state.kind !== 'raised') return;
    this.#o.observe({ type: 'issue', issue: { ...state.issue, closedAt: this.#o.clock.now() } });
  }

  #wait(figures: PoolFigures): void {
    const cancel = this.#o.clock.after(patienceMs, () => {
      if (this.#state.kind === 'low') this.#raise(this.#state.figures);
    });
    this.#state = { kind: 'low', figures, cancel };
  }

  #raise({ total, waiting }: PoolFigures): void {
    const { sandbox, setting, runtimeId, clock, observe } = this.#o;
    const places = total === 1 ? 'The one place' : `All ${total} places`;
    const issue: IssueRow = {
      issueId: alertPrefix(runtimeId) + sandbox,
      code: 'ALERT',
      message: `SandboxPoolExhaustion: ${places} of the ${sandbox} sandbox have been taken for ${patienceMs / 1000} s and ${waiting} pieces of work wait; raise ${setting} or run less at once.`,
      runId: null,
      at: clock.now(),
      closedAt: null,
    };
    this.#state = { kind: 'raised', issue };
    observe({ type: 'issue', issue });
  }
}

type State =
  | { readonly kind: 'calm' }
  | { readonly kind: 'low'; figures: PoolFigures; readonly cancel: () => void }
  | { readonly kind: 'raised'; readonly issue: IssueRow };
