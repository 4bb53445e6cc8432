import { lanes, type LaneName } from '../../catalogue/lanes.ts';
import type { LaneAction } from '../../protocol/messages.ts';
import { queueLength } from '../../protocol/lane-note.ts';
import type { LaneView } from '../../protocol/snapshot.ts';

export interface LaneItem {
  /** Null: all lanes. */
  readonly lane: LaneName | null;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** The lanes in which an action would change something, all of them first; empty when there is none. */
export function laneChoices(views: readonly LaneView[], action: LaneAction): readonly LaneItem[] {
  const open = views.filter(({ state }) => (action === 'resume' ? state !== 'open' : state !== stateAfter[action]));
  if (open.length === 0) return [];
  const stopped = views.filter(({ state }) => state !== 'open').length;
  const description = stopped === 0 ? 'open' : `${stopped} of ${views.length} stopped`;
  return [{ lane: null, label: 'All lanes', description, detail: allDetail[action] }, ...open.map(laneItem)];
}

export function laneTitle(lane: LaneName): string {
  return lane.replaceAll('_', ' ');
}

const stateAfter = { pause: 'paused', drain: 'draining' } as const;

const allDetail: Readonly<Record<LaneAction, string>> = {
  pause: 'Nothing more starts in this window',
  resume: 'Everything goes on',
  drain: 'Every new call in this window is refused',
};

function laneItem(view: LaneView): LaneItem {
  const queued = queueLength(view);
  const waits = queued === 0 ? '' : `, ${queued} waiting`;
  return {
    lane: view.lane,
    label: laneTitle(view.lane),
    description: `${view.state} · ${view.active} of ${view.limit} slots in use${waits}`,
    detail: `For ${lanes[view.lane].holds}`,
  };
}
