import { laneNote, slotsTaken } from '../../protocol/lane-note.ts';
import type { LaneView, LateCall } from '../../protocol/snapshot.ts';
import { formatClock } from '../../protocol/text.ts';

/**
 * What keeps calls from going on, a few words each: stopped lanes, lanes that back off, calls over their limit. With times
 * at `now` (ms since the epoch), or without (null) what changes with every second. Names no tool: those may be anything.
 */
export function heldUp(lanes: readonly LaneView[], now: number | null): readonly string[] {
  return [...lanes.flatMap((lane) => stop(lane, now)), ...lanes.flatMap((lane) => late(lane, now))];
}

function stop(lane: LaneView, now: number | null): readonly string[] {
  const note = laneNote(lane, now ?? Infinity);
  switch (note?.kind) {
    case 'paused':
    case 'draining':
      return [`${lane.lane} ${lane.state}`];
    case 'load': {
      if (now === null) return [`${lane.lane} backs off`];
      if (note.waitSeconds !== null) return [`${lane.lane} starts nothing for ${note.waitSeconds} s`];
      return [`${lane.lane} backs off to ${lane.limit} of ${lane.limit + slotsTaken(lane)} slots`];
    }
    case 'borrows':
    case 'lends':
    case undefined:
      return [];
  }
}

const phases: Readonly<Record<LateCall['phase'], string>> = {
  kill: 'killed, not dead',
  abort: 'told to stop',
  warning: 'running long',
};

/** The gravest phase first, each with the time of its oldest call. */
function late({ lane, late }: LaneView, now: number | null): readonly string[] {
  return (['kill', 'abort', 'warning'] as const).flatMap((phase) => {
    const calls = late.filter((call) => call.phase === phase);
    const [oldest] = calls;
    if (oldest === undefined) return [];
    const time = now === null ? '' : ` (${formatClock(now - oldest.startedAt)} of ${formatClock(oldest.limitMs)})`;
    return [`${lane}: ${calls.length} ${phases[phase]}${time}`];
  });
}
