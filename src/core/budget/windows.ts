import type { BudgetWindow } from '../../catalogue/states.ts';

export const hourMs = 3_600_000;

/**
 * When the window that `now` is in began, ms since the epoch; 0 for lifetime. `hour` rolls: the last 60 minutes, whatever
 * the clocks on the wall do. `day` and `week` (from Monday) begin at local midnight, in the zone the process has at this
 * moment: a day may have 23 or 25 hours, and one whose midnight the clocks skip begins where they land.
 *
 * What was settled from then on counts, what is stamped later than `now` included. So when the clock is set back,
 * nothing that was spent is lost: a settlement of a later window counts to the earlier one as well, until that is over,
 * and to its own when the clock comes there again.
 */
export function windowStart(window: BudgetWindow, now: number): number {
  switch (window) {
    case 'lifetime':
      return 0;
    case 'hour':
      return now - hourMs;
    case 'day':
      return midnight(now, 0);
    case 'week':
      return midnight(now, -daysSinceMonday(now));
  }
}

/** When the window that `now` is in ends; null for one that never does, and for the hour, which rolls. */
export function windowEnd(window: BudgetWindow, now: number): number | null {
  switch (window) {
    case 'lifetime':
    case 'hour':
      return null;
    case 'day':
      return midnight(now, 1);
    case 'week':
      return midnight(now, 7 - daysSinceMonday(now));
  }
}

function daysSinceMonday(now: number): number {
  return (new Date(now).getDay() + 6) % 7;
}

/**
 * The first moment of the local day `days` after that of `now`. Made from the date and not from another midnight: that
 * one may be at one o'clock, and then all days counted from it would be.
 */
function midnight(now: number, days: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime();
}
