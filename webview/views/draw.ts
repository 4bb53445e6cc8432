import type { PanelMessage } from '../../src/protocol/messages.ts';
import type { Snapshot } from '../../src/protocol/snapshot.ts';
import type { Action, PanelState } from '../store.ts';

/** What a view is given: the state, and the two ways to do something. */
export interface Draw {
  readonly state: PanelState;
  /** The panel's monotonic clock, ms. */
  readonly now: number;
  /** The time of day, ms since the epoch. */
  readonly wall: number;
  /** The panel's width in CSS pixels, as media queries see it. */
  readonly width: number;
  readonly dispatch: (action: Action) => void;
  readonly post: (message: PanelMessage) => void;
}

/** A view over a snapshot. `acts` is false where nothing can be changed: read-only, or runtime lost. */
export interface DrawLive extends Draw {
  readonly snapshot: Snapshot;
  readonly acts: boolean;
}
