import type { ApproveMode } from '../protocol/rows.ts';
import type { ApprovalView } from '../protocol/snapshot.ts';
import type { CoreEvent } from '../core/events.ts';
import { HaiosError } from '../core/errors.ts';
import type { ApprovalRequest, Clock, Ids } from '../core/ports.ts';
import type { Run } from '../core/agent/run.ts';

interface Pending {
  readonly view: ApprovalView;
  readonly answer: (allowed: boolean) => void;
}

/** Questions that wait for a person. A run's mode answers what it may; the rest is asked of the hosts. */
export class Approvals {
  readonly #pending = new Map<string, Pending>();
  readonly #modes = new Map<string, ApproveMode>();
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #observe: (event: CoreEvent) => void;

  constructor(clock: Clock, ids: Ids, observe: (event: CoreEvent) => void) {
    this.#clock = clock;
    this.#ids = ids;
    this.#observe = observe;
  }

  begin(runId: string, mode: ApproveMode): void {
    this.#modes.set(runId, mode);
  }

  /** Answers whatever the run still asks with no. */
  end(runId: string): void {
    this.#modes.delete(runId);
    for (const { view, answer } of [...this.#pending.values()]) if (view.runId === runId) answer(false);
  }

  /** No, once the signal is aborted: that of the call that asks, which follows its run's. */
  async ask(run: Run, request: ApprovalRequest, signal: AbortSignal): Promise<boolean> {
    const mode = this.#modes.get(run.id) ?? 'none';
    if (mode === 'none') return false;
    if (mode === 'all' && !request.protected) return true;
    return run.whileWaiting('approval', () => this.#askPerson(run, request, signal));
  }

  /** Throws USAGE when the question is no longer open. */
  answer(approvalId: string, decision: 'allow' | 'deny' | 'allow_run'): void {
    const pending = this.#pending.get(approvalId);
    if (pending === undefined)
      throw new HaiosError('USAGE', 'This question was answered already, or its run has ended.');
    pending.answer(decision !== 'deny');
    if (decision !== 'allow_run') return;
    const { runId } = pending.view;
    this.#modes.set(runId, 'all');
    for (const other of [...this.#pending.values()]) {
      if (other.view.runId === runId && !other.view.protected) other.answer(true);
    }
  }

  views(): readonly ApprovalView[] {
    return [...this.#pending.values()].map(({ view }) => view);
  }

  #askPerson(run: Run, request: ApprovalRequest, signal: AbortSignal): Promise<boolean> {
    const view: ApprovalView = { ...request, approvalId: this.#ids.unique(), runId: run.id, at: this.#clock.now() };
    return new Promise<boolean>((resolve) => {
      const answer = (allowed: boolean): void => {
        if (!this.#pending.delete(view.approvalId)) return;
        signal.removeEventListener('abort', deny);
        this.#observe({ type: 'approval_answered', approvalId: view.approvalId, allowed });
        resolve(allowed);
      };
      const deny = (): void => answer(false);
      this.#pending.set(view.approvalId, { view, answer });
      signal.addEventListener('abort', deny, { once: true });
      if (signal.aborted) deny();
      else this.#observe({ type: 'approval_asked', approval: view });
    });
  }
}
