import type { LaneView, LateCall } from './snapshot.ts';

/** What is special about a lane, in a few words that fit behind its name. */
export interface LaneNote {
  readonly kind: 'paused' | 'draining' | 'load' | 'borrows' | 'lends';
  /** May hold text from outside: make it harmless where it is shown. */
  readonly text: string;
  /** How long nothing starts, in whole seconds; null when calls start. */
  readonly waitSeconds: number | null;
}

/** The most important thing about a lane at `now` (ms since the epoch); null when there is nothing special. */
export function laneNote(lane: LaneView, now: number): LaneNote | null {
  switch (lane.state) {
    case 'paused':
      return { kind: 'paused', text: 'nothing starts', waitSeconds: null };
    case 'draining': {
      const empty = lane.active === 0 && queueLength(lane) === 0;
      const text = empty ? 'empty; new calls are refused' : 'new calls are refused';
      return { kind: 'draining', text, waitSeconds: null };
    }
    case 'open':
      return lane.load === null ? borrowNote(lane) : loadNote(lane.load, now);
  }
}

export function queueLength({ queued }: LaneView): number {
  return queued.high + queued.normal + queued.low;
}

/** Slots that load took away: the lane would have them otherwise. */
export function slotsTaken({ configured, borrowed, limit }: LaneView): number {
  return Math.max(0, configured + borrowed - limit);
}

export const latePhases: Readonly<Record<LateCall['phase'], string>> = {
  warning: 'runs long',
  abort: 'told to stop',
  kill: 'killed but not dead, holds its slot',
};

function loadNote({ reason, until }: NonNullable<LaneView['load']>, now: number): LaneNote {
  const waitMs = until === null ? 0 : until - now;
  return {
    kind: 'load',
    text: reason.trim().replace(/\.$/, ''),
    waitSeconds: waitMs > 0 ? Math.ceil(waitMs / 1000) : null,
  };
}

function borrowNote({ borrowed }: LaneView): LaneNote | null {
  if (borrowed === 0) return null;
  const slots = (n: number): string => `${n} ${n === 1 ? 'slot' : 'slots'}`;
  return borrowed > 0
    ? { kind: 'borrows', text: `borrows ${slots(borrowed)} from idle lanes`, waitSeconds: null }
    : { kind: 'lends', text: `lends ${slots(-borrowed)} to busy lanes`, waitSeconds: null };
}
