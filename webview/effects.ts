import type { Outcome } from './remote.ts';
import { readCalls, readCosts, readTexts } from './rows.ts';
import type { Action, Asked, PanelState } from './store.ts';
import { failed } from './pending.ts';
import { isString } from './guards.ts';
import type { TaskRequest } from './task-requests.ts';
import type { Transport } from './transport.ts';
import { callsQuery, costsQuery, whatIfQuery } from './view.ts';

/** Sends what the state wants to know, and dispatches the answers. */
export class Effects {
  readonly #transport: Pick<Transport, 'request' | 'controlTask'>;
  readonly #dispatch: (action: Action) => void;
  #ticket = 0;

  constructor(transport: Pick<Transport, 'request' | 'controlTask'>, dispatch: (action: Action) => void) {
    this.#transport = transport;
    this.#dispatch = dispatch;
  }

  /** Nothing is asked before the runtime is there. */
  run(state: PanelState): void {
    const { connection, view } = state;
    if (connection.phase === 'connecting' || connection.phase === 'lost') return;
    const wanted = Object.entries(state.taskRequests).find(([, { phase }]) => phase === 'wanted');
    if (wanted !== undefined) this.#control(...wanted);
    else if (state.costs.state === 'wanted') {
      const answer = this.#transport.request('costs', costsQuery(view));
      this.#follow('costs', answer, (ticket, outcome) => ({
        type: 'costs',
        ticket,
        outcome: read(outcome, readCosts),
      }));
    } else if (state.whatIf.state === 'wanted' && view.priceAs !== null) {
      const answer = this.#transport.request('costs', whatIfQuery(view, view.priceAs));
      this.#follow('whatIf', answer, (ticket, outcome) => ({
        type: 'whatIf',
        ticket,
        outcome: read(outcome, readCosts),
      }));
    } else if (state.priceIds.state === 'wanted') {
      this.#follow('priceIds', this.#transport.request('priceIds', {}), (ticket, outcome) => ({
        type: 'priceIds',
        ticket,
        outcome: read(outcome, readTexts),
      }));
    } else if (state.calls.state === 'wanted' && view.open) {
      const answer = this.#transport.request('calls', callsQuery(view, view.open));
      this.#follow('calls', answer, (ticket, outcome) => ({
        type: 'calls',
        ticket,
        outcome: read(outcome, readCalls),
      }));
    } else if (state.explanation.state === 'wanted' && view.open?.callId) {
      const answer = this.#transport.request('explain', { callId: view.open.callId });
      this.#follow('explanation', answer, (ticket, outcome) => ({
        type: 'explanation',
        ticket,
        outcome: read(outcome, readText),
      }));
    }
  }

  #control(taskId: string, request: TaskRequest): void {
    if (request.phase !== 'wanted') return;
    const { runId, action } = request;
    const answer = this.#transport.controlTask({ runId, taskId, action });
    void answer.then((outcome) => this.#dispatch({ type: 'taskAnswered', taskId, outcome }));
    this.#dispatch({ type: 'taskSent', taskId });
  }

  #follow(
    what: Asked,
    answer: Promise<Outcome<unknown>>,
    action: (ticket: number, outcome: Outcome<unknown>) => Action,
  ): void {
    this.#ticket += 1;
    const ticket = this.#ticket;
    void answer.then((outcome) => this.#dispatch(action(ticket, outcome)));
    this.#dispatch({ type: 'asked', what, ticket });
  }
}

function readText(value: unknown): string | null {
  return isString(value) ? value : null;
}

function read<T>(outcome: Outcome<unknown>, reader: (value: unknown) => T | null): Outcome<T> {
  if (!outcome.ok) return outcome;
  const value = reader(outcome.value);
  return value === null
    ? failed('INTERNAL', 'The runtime answered with something that this panel cannot read.')
    : { ok: true, value };
}
