import { laneNote, latePhases, queueLength } from '../../protocol/lane-note.ts';
import type { LaneView } from '../../protocol/snapshot.ts';
import { laneTitle } from './lane-choices.ts';
import { oneLine } from './text.ts';

/** What keeps calls from going on, a line each: lanes that a person stopped, load, calls over their limit. */
export function laneLines(views: readonly LaneView[]): readonly string[] {
  return views.flatMap((view) => {
    const name = `Lane ${laneTitle(view.lane)}`;
    const late = view.late.map(({ what, phase }) => `${name}: ${oneLine(what, 60)} ${latePhases[phase]}`);
    const note = noteLine(view);
    return note === null ? late : [`${name}${note}`, ...late];
  });
}

/** “lane tool call paused”, “2 lanes stopped”; null while all are open. */
export function stoppedText(views: readonly LaneView[]): string | null {
  const stopped = views.filter(({ state }) => state !== 'open');
  const [only] = stopped;
  if (only === undefined) return null;
  return stopped.length === 1 ? `lane ${laneTitle(only.lane)} ${only.state}` : `${stopped.length} lanes stopped`;
}

function noteLine(view: LaneView): string | null {
  // Without a countdown: the line is drawn again with news only, and would stand still.
  const note = laneNote(view, Infinity);
  switch (note?.kind) {
    case 'paused':
    case 'draining': {
      const queued = queueLength(view);
      return ` is ${view.state}: ${note.text}${queued === 0 ? '' : `, ${queued} waiting`}`;
    }
    case 'load':
      return `: ${oneLine(note.text, 200)}`;
    case 'borrows':
    case 'lends':
    case undefined:
      return null;
  }
}
