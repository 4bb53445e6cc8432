import type { CostRow, HostMessage, Page, TaskAction } from '../src/protocol/messages.ts';
import type { LedgerRow } from '../src/protocol/rows.ts';
import { applyDelta, type RunView, type Snapshot, type SnapshotDelta } from '../src/protocol/snapshot.ts';
import { stopKey } from '../src/protocol/stop-key.ts';
import { again, answered, asked, idle, outdated, wanted } from './remote.ts';
import type { Outcome, Remote } from './remote.ts';
import { forgetRefusals, sentTask, settleTask, wantTask } from './task-requests.ts';
import type { TaskRequests } from './task-requests.ts';
import { firstView } from './view.ts';
import type { Group, LaneChoice, Range, ViewState } from './view.ts';

/** A run's time at work, `elapsedMs`, as it stood at `at` on the panel's own monotonic clock. */
export interface Anchor {
  readonly elapsedMs: number;
  readonly at: number;
}

interface Drawn {
  readonly snapshot: Snapshot;
  readonly readOnly: boolean;
  readonly anchors: Readonly<Record<string, Anchor>>;
}

/** `gap`: a delta is missing, a new snapshot was asked for and the last state stays in view. */
export type Connection =
  | { readonly phase: 'connecting' }
  | ({ readonly phase: 'live' } & Drawn)
  | ({ readonly phase: 'gap' } & Drawn)
  | { readonly phase: 'lost'; readonly message: string; readonly last: Drawn | null };

export interface PanelState {
  readonly connection: Connection;
  readonly view: ViewState;
  readonly costs: Remote<readonly CostRow[]>;
  /** The same at the prices of `view.priceAs`; idle without one. */
  readonly whatIf: Remote<readonly CostRow[]>;
  readonly priceIds: Remote<readonly string[]>;
  readonly calls: Remote<Page<LedgerRow>>;
  readonly explanation: Remote<string>;
  /** Approvals and stops answered here and not yet gone from the snapshot. */
  readonly answered: readonly string[];
  readonly taskRequests: TaskRequests;
  /** Grows by one each time the host leads the reader to the budgets. */
  readonly shownBudgets: number;
}

export type Asked = 'costs' | 'whatIf' | 'priceIds' | 'calls' | 'explanation';

export type Action =
  | { readonly type: 'host'; readonly message: HostMessage; readonly at: number }
  | { readonly type: 'showTab'; readonly tab: ViewState['tab'] }
  | { readonly type: 'chooseRun'; readonly runId: string | null }
  | { readonly type: 'openLane'; readonly lane: LaneChoice | null }
  /** An approval's id, or a stop's key. */
  | { readonly type: 'answer'; readonly id: string }
  | { readonly type: 'controlTask'; readonly runId: string; readonly taskId: string; readonly action: TaskAction }
  | { readonly type: 'taskSent'; readonly taskId: string }
  | { readonly type: 'taskAnswered'; readonly taskId: string; readonly outcome: Outcome<unknown> }
  | { readonly type: 'groupBy'; readonly by: Group }
  | { readonly type: 'range'; readonly days: Range }
  | { readonly type: 'priceAs'; readonly model: string | null }
  | { readonly type: 'openRow'; readonly key: string; readonly label: string }
  | { readonly type: 'closeRow' }
  | { readonly type: 'nextPage' }
  | { readonly type: 'previousPage' }
  | { readonly type: 'openCall'; readonly callId: string | null }
  | { readonly type: 'refresh' }
  | { readonly type: 'asked'; readonly what: Asked; readonly ticket: number }
  | { readonly type: 'costs' | 'whatIf'; readonly ticket: number; readonly outcome: Outcome<readonly CostRow[]> }
  | { readonly type: 'priceIds'; readonly ticket: number; readonly outcome: Outcome<readonly string[]> }
  | { readonly type: 'calls'; readonly ticket: number; readonly outcome: Outcome<Page<LedgerRow>> }
  | { readonly type: 'explanation'; readonly ticket: number; readonly outcome: Outcome<string> };

export function initialState(view: ViewState = firstView): PanelState {
  return wantWhatIsShown({
    connection: { phase: 'connecting' },
    view,
    costs: idle,
    whatIf: idle,
    priceIds: idle,
    calls: idle,
    explanation: idle,
    answered: [],
    taskRequests: {},
    shownBudgets: 0,
  });
}

/** What is on screen: the live state, or the last one before the runtime was lost. */
export function drawn(connection: Connection): Drawn | null {
  switch (connection.phase) {
    case 'connecting':
      return null;
    case 'live':
    case 'gap':
      return connection;
    case 'lost':
      return connection.last;
  }
}

/** Time at work now, ms: goes on between snapshots while the run is running. */
export function elapsedNow(run: RunView, connection: Connection, now: number): number {
  const anchor = connection.phase === 'live' ? connection.anchors[run.runId] : undefined;
  return anchor && run.status === 'running' ? anchor.elapsedMs + Math.max(0, now - anchor.at) : run.elapsedMs;
}

/** Something on screen moves on with time alone: a clock of a run or of a late call, a countdown. */
export function ticks({ runs, lanes }: Snapshot): boolean {
  return (
    runs.some((run) => run.status === 'running') ||
    lanes.some((lane) => lane.late.length > 0 || (lane.load !== null && lane.load.until !== null))
  );
}

export function reduce(state: PanelState, action: Action): PanelState {
  switch (action.type) {
    case 'host':
      return fromHost(state, action.message, action.at);
    case 'showTab':
      return state.view.tab === action.tab ? state : wantWhatIsShown(see(state, { tab: action.tab }));
    case 'chooseRun':
      return see(state, { runId: action.runId });
    case 'openLane':
      return see(state, { lane: action.lane });
    case 'answer':
      return { ...state, answered: [...state.answered, action.id] };
    case 'controlTask':
      return { ...state, taskRequests: wantTask(state.taskRequests, action.runId, action.taskId, action.action) };
    case 'taskSent':
      return { ...state, taskRequests: sentTask(state.taskRequests, action.taskId) };
    case 'taskAnswered': {
      const runs = drawn(state.connection)?.snapshot.runs ?? [];
      return { ...state, taskRequests: settleTask(state.taskRequests, action.taskId, action.outcome, runs) };
    }
    case 'groupBy':
      return {
        ...see(state, { by: action.by, open: null }),
        costs: wanted,
        whatIf: state.view.priceAs === null ? idle : wanted,
        calls: idle,
        explanation: idle,
      };
    case 'range':
      return {
        ...see(state, { days: action.days, open: null }),
        costs: again(state.costs),
        whatIf: reckonAgain(state),
        calls: idle,
        explanation: idle,
      };
    case 'priceAs':
      return { ...see(state, { priceAs: action.model }), whatIf: action.model === null ? idle : wanted };
    case 'openRow': {
      const open = { key: action.key, label: action.label, cursors: [], callId: null };
      return { ...see(state, { open }), calls: wanted, explanation: idle };
    }
    case 'closeRow':
      return { ...see(state, { open: null }), calls: idle, explanation: idle };
    case 'nextPage':
    case 'previousPage':
      return turnPage(state, action.type);
    case 'openCall':
      if (!state.view.open) return state;
      return {
        ...see(state, { open: { ...state.view.open, callId: action.callId } }),
        explanation: action.callId === null ? idle : wanted,
      };
    case 'refresh':
      if (state.view.tab !== 'cost') return state;
      return {
        ...state,
        costs: again(state.costs),
        whatIf: reckonAgain(state),
        calls: state.view.open ? again(state.calls) : state.calls,
      };
    case 'asked':
      return { ...state, [action.what]: asked<unknown>(state[action.what], action.ticket) };
    case 'costs':
      return { ...state, costs: answered(state.costs, action.ticket, action.outcome) };
    case 'whatIf':
      return { ...state, whatIf: answered(state.whatIf, action.ticket, action.outcome) };
    case 'priceIds':
      return { ...state, priceIds: answered(state.priceIds, action.ticket, action.outcome) };
    case 'calls':
      return { ...state, calls: answered(state.calls, action.ticket, action.outcome) };
    case 'explanation':
      return { ...state, explanation: answered(state.explanation, action.ticket, action.outcome) };
  }
}

function see(state: PanelState, change: Partial<ViewState>): PanelState {
  return { ...state, view: { ...state.view, ...change } };
}

function wantWhatIsShown(state: PanelState): PanelState {
  if (state.view.tab !== 'cost') return state;
  const open = state.view.open;
  return {
    ...state,
    costs: again(state.costs),
    whatIf: reckonAgain(state),
    priceIds: again(state.priceIds),
    calls: open ? again(state.calls) : idle,
    explanation: open?.callId ? again(state.explanation) : idle,
  };
}

function reckonAgain(state: PanelState): PanelState['whatIf'] {
  return state.view.priceAs === null ? idle : again(state.whatIf);
}

function turnPage(state: PanelState, direction: 'nextPage' | 'previousPage'): PanelState {
  const open = state.view.open;
  if (!open || state.calls.state !== 'loaded') return state;
  const next = state.calls.value.next;
  if (direction === 'nextPage' && next === null) return state;
  const cursors = direction === 'nextPage' && next !== null ? [...open.cursors, next] : open.cursors.slice(0, -1);
  return { ...see(state, { open: { ...open, cursors, callId: null } }), calls: again(state.calls), explanation: idle };
}

function fromHost(state: PanelState, message: HostMessage, at: number): PanelState {
  switch (message.type) {
    case 'snapshot': {
      const { snapshot, readOnly } = message;
      const anchors = anchorRuns(snapshot.runs, drawn(state.connection)?.anchors ?? {}, at);
      const next = {
        ...state,
        connection: { phase: 'live', snapshot, readOnly, anchors },
        answered: [],
        taskRequests: forgetRefusals(state.taskRequests, snapshot.runs),
      } as const;
      return state.connection.phase === 'live' ? next : wantWhatIsShown(next);
    }
    case 'delta':
      return withDelta(state, message.delta, at);
    case 'lost':
      return { ...state, connection: { phase: 'lost', message: message.message, last: drawn(state.connection) } };
    case 'view':
      if (message.view !== 'budgets') return reduce(state, { type: 'showTab', tab: message.view });
      return { ...reduce(state, { type: 'showTab', tab: 'cost' }), shownBudgets: state.shownBudgets + 1 };
    case 'reply':
    case 'failure':
      return state;
  }
}

/** A delta already applied is dropped; one that skips a number opens a gap until the next snapshot. */
function withDelta(state: PanelState, delta: SnapshotDelta, at: number): PanelState {
  const { connection } = state;
  if (connection.phase !== 'live') return state;
  const snapshot = applyDelta(connection.snapshot, delta);
  if (snapshot === 'gap') return { ...state, connection: { ...connection, phase: 'gap' } };
  if (snapshot === connection.snapshot) return state;
  const anchors = delta.changed.runs ? anchorRuns(snapshot.runs, connection.anchors, at) : connection.anchors;
  const waiting = new Set([...snapshot.approvals.map(({ approvalId }) => approvalId), ...snapshot.stops.map(stopKey)]);
  return {
    ...state,
    connection: { ...connection, snapshot, anchors },
    answered: state.answered.filter((id) => waiting.has(id)),
    taskRequests: delta.changed.runs ? forgetRefusals(state.taskRequests, snapshot.runs) : state.taskRequests,
    costs: delta.changed.today ? outdated(state.costs) : state.costs,
  };
}

/** Messages arrive early and late by some ms; within a second the clock on screen is left to tick evenly. */
const jitterMs = 1000;

function anchorRuns(
  runs: readonly RunView[],
  old: Readonly<Record<string, Anchor>>,
  at: number,
): Record<string, Anchor> {
  const anchors: Record<string, Anchor> = Object.create(null) as Record<string, Anchor>;
  for (const run of runs) {
    if (run.status !== 'running') continue;
    const before = old[run.runId];
    const expected = before ? before.elapsedMs + (at - before.at) : Number.NaN;
    const steady = before !== undefined && Math.abs(expected - run.elapsedMs) < jitterMs;
    anchors[run.runId] = steady ? before : { elapsedMs: run.elapsedMs, at };
  }
  return anchors;
}
