import type { Lane } from './call.ts';

/**
 * Gets a full lane with calls waiting one slot of an idle lane, the one with most to spare. A lender keeps one slot, and
 * no lane passes its maximum. False if none can be had.
 */
export function borrow(lanes: readonly Lane[], lane: Lane): boolean {
  if (lane.limit >= lane.maximum || lane.limit >= lane.cap) return false;
  let lender: Lane | null = null;
  for (const other of lanes) {
    if (other !== lane && spare(other) > 0 && (lender === null || spare(other) > spare(lender))) lender = other;
  }
  if (lender === null) return false;
  lane.borrowed++;
  lane.owed[lender.index] = (lane.owed[lender.index] ?? 0) + 1;
  lender.lent++;
  lane.refit();
  lender.refit();
  return true;
}

/** Hands borrowed slots that are free back: to lenders with calls waiting first, and all of them when nothing waits here. */
export function giveBack(lanes: readonly Lane[], lane: Lane): void {
  while (lane.borrowed > 0 && lane.active < lane.own) {
    const needed = lanes.find((other) => owes(lane, other) && other.queue.size > 0 && other.active >= other.limit);
    const lender = needed ?? (lane.queue.size === 0 ? lanes.find((other) => owes(lane, other)) : undefined);
    if (lender === undefined) return;
    lane.borrowed--;
    lane.owed[lender.index] = (lane.owed[lender.index] ?? 0) - 1;
    lender.lent--;
    lane.refit();
    lender.refit();
  }
}

/** Forgets all that was lent: limits changed, and each lane has its own again. Running calls beyond them go on. */
export function settleLoans(lanes: readonly Lane[]): void {
  for (const lane of lanes) {
    lane.borrowed = lane.lent = 0;
    lane.owed.fill(0);
    lane.refit();
  }
}

function owes(lane: Lane, lender: Lane): boolean {
  return (lane.owed[lender.index] ?? 0) > 0;
}

/** Free slots that a lane does not need now. One stays, so that a lender is never without any. */
function spare(lane: Lane): number {
  if (lane.queue.size > 0 || lane.borrowed > 0 || lane.cap < lane.configured) return 0;
  return lane.limit - Math.max(lane.active, 1);
}
