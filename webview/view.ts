import { laneNames, type LaneName } from '../src/catalogue/lanes.ts';
import type { CallsQuery, CostsQuery } from '../src/protocol/messages.ts';
import { isObject, isString, listOf, nullable, oneOf } from './guards.ts';

export const groups = ['run', 'model', 'day', 'agent', 'task', 'resource'] as const;
export type Group = (typeof groups)[number];
export const ranges = [1, 7, 30] as const;
export type Range = (typeof ranges)[number];

/** A lane, or all of them together. */
export type LaneChoice = LaneName | 'all';
const laneChoices: readonly LaneChoice[] = [...laneNames, 'all'];

/** The row of the cost table whose calls are open. */
export interface OpenRow {
  readonly key: string;
  readonly label: string;
  /** One cursor per page turned, the last being the page shown; empty: the first page. */
  readonly cursors: readonly string[];
  /** The call whose arithmetic is open. */
  readonly callId: string | null;
}

/** What the reader chose: kept over hide, show and reload. */
export interface ViewState {
  readonly tab: 'live' | 'cost';
  /** The run chosen by the reader; null follows the newest. */
  readonly runId: string | null;
  /** The lane whose figures are open. */
  readonly lane: LaneChoice | null;
  readonly by: Group;
  readonly days: Range;
  /** The model at whose prices everything is reckoned beside what was paid; null: not at all. */
  readonly priceAs: string | null;
  readonly open: OpenRow | null;
}

export const firstView: ViewState = {
  tab: 'live',
  runId: null,
  lane: null,
  by: 'run',
  days: 7,
  priceAs: null,
  open: null,
};
export const callsPerPage = 100;

/** A kept view state; anything in it that is not understood takes its first value. */
export function readView(value: unknown): ViewState {
  if (!isObject(value)) return firstView;
  const { tab, runId, lane, by, days, priceAs, open } = value;
  return {
    tab: oneOf(['live', 'cost'])(tab) ? tab : firstView.tab,
    runId: nullable(isString)(runId) ? runId : null,
    lane: oneOf(laneChoices)(lane) ? lane : null,
    by: oneOf(groups)(by) ? by : firstView.by,
    days: oneOf(ranges)(days) ? days : firstView.days,
    priceAs: nullable(isString)(priceAs) ? priceAs : null,
    open: readOpen(open),
  };
}

function readOpen(value: unknown): OpenRow | null {
  if (!isObject(value)) return null;
  const { key, label, cursors, callId } = value;
  if (!isString(key) || !isString(label) || !listOf(isString)(cursors)) return null;
  return { key, label, cursors, callId: isString(callId) ? callId : null };
}

export function costsQuery(view: ViewState): CostsQuery {
  return { by: view.by, days: view.days, priceAs: null };
}

/** The same groups at the prices of another model; a sum over all needs no more than the days. */
export function whatIfQuery(view: ViewState, priceAs: string): CostsQuery {
  return { by: view.by === 'resource' ? 'day' : view.by, days: view.days, priceAs };
}

/** The ledger calls behind the open row; a resource is made of all of them. */
export function callsQuery(view: ViewState, open: OpenRow): CallsQuery {
  const group = view.by === 'resource' ? { by: 'all' as const, key: '' } : { by: view.by, key: open.key };
  return { ...group, days: view.days, limit: callsPerPage, cursor: open.cursors.at(-1) ?? null };
}
