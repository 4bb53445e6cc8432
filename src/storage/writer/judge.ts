import type { Database } from 'better-sqlite3';
import type { Admission, Ask, LedgerLimit, LimitUse } from '../../core/ports.ts';
import type { OverrideRow } from '../../protocol/rows.ts';
import { forEver } from '../rollups.ts';
import type { Amounts } from './limit-scope.ts';
import type { Figures } from './mirror.ts';
import type { Line, Place } from './places.ts';

interface Known {
  readonly figures: Figures;
  readonly override: OverrideRow | null;
  readonly line: Line;
  /** The call's own place in line, if it waits already. */
  readonly place: Place | undefined;
}

export function useOf(limit: LedgerLimit, { settled, held }: Figures, override: OverrideRow | null): LimitUse {
  return {
    settled: amountOf(limit, settled),
    held: amountOf(limit, held),
    limit: override?.limit ?? limit.limit,
    override,
    freesAt: null,
  };
}

/**
 * What one limit says to a call. Refused: what is settled leaves no room for it. To wait: what others hold, what the
 * pace allows by now, or what those before it in line ask for leaves none. Comparisons are written so that a limit that
 * is not a number allows nothing.
 */
export function judge(db: Database, ask: Ask, limit: LedgerLimit, known: Known): Admission {
  const { figures, override } = known;
  const use = useOf(limit, figures, override);
  const asked = amountOf(limit, ask);
  if (!(use.settled + asked <= use.limit)) {
    const moments = [...atEnds(limit, use, asked), whenRolled(db, ask, limit, use, asked, figures)];
    return { kind: 'refused', limit, use: { ...use, freesAt: first(moments) } };
  }
  const needed = use.settled + use.held + asked;
  const room = Math.min(use.limit, allowedBy(limit, use));
  const ahead = needed <= room ? aheadOf(db, ask, limit, known, room - needed) : 0;
  if (needed + ahead <= room) return { kind: 'admitted' };
  const paced = needed > room && needed <= use.limit;
  const moments = paced
    ? [
        limit.paces !== undefined
          ? whenRolled(db, ask, limit, { ...use, limit: room }, use.held + asked, figures)
          : whenPaced(limit, use, needed, ask.at),
      ]
    : atEnds(limit, use, use.held + asked);
  return { kind: 'wait', limit, use: { ...use, freesAt: first(moments) } };
}

function amountOf({ resource }: LedgerLimit, { nusd, tokens }: Amounts): number {
  return resource === 'usd' ? nusd : tokens;
}

/** What a person added to the limit may be used at once. */
function allowedBy({ pace, limit }: LedgerLimit, use: LimitUse): number {
  return pace === undefined ? Infinity : pace.allowed + Math.max(0, use.limit - limit);
}

/** What those before the call in line ask for under a limit; counted only as far as it matters, beyond `room`. */
function aheadOf(db: Database, ask: Ask, limit: LedgerLimit, { figures, line, place }: Known, room: number): number {
  const all = amountOf(limit, figures.waiting);
  const own = place !== undefined && figures.scope.covers(place.subject) ? amountOf(limit, place.amounts) : 0;
  if (all - own <= room) return 0;
  let ahead = 0;
  for (const { callId, subject, amounts } of line.before(db, place)) {
    if (callId !== ask.callId && figures.scope.covers(subject)) ahead += amountOf(limit, amounts);
    if (ahead > room) break;
  }
  return ahead;
}

function first(moments: readonly number[]): number | null {
  const moment = Math.min(...moments);
  return Number.isFinite(moment) ? moment : null;
}

/** When the pace allows so much in all. */
function whenPaced(limit: LedgerLimit, use: LimitUse, needed: number, now: number): number {
  const perMs = limit.pace?.perMs ?? 0;
  return perMs > 0 ? Math.ceil(now + (needed - allowedBy(limit, use)) / perMs) : Infinity;
}

/** When so much fits because the window begins anew, or because the override ends. */
function atEnds(limit: LedgerLimit, use: LimitUse, needed: number): readonly number[] {
  const end = use.override?.until ?? Infinity;
  const reset = limit.until ?? Infinity;
  const atReset = end <= reset ? limit.limit : use.limit;
  return [use.settled + needed <= limit.limit ? end : Infinity, needed <= atReset ? reset : Infinity];
}

/**
 * The first moment, to the millisecond, at which enough of what was settled has left a window that rolls. What others
 * hold is not known to leave it, so a call that waits for that has no such moment.
 */
function whenRolled(
  db: Database,
  ask: Ask,
  limit: LedgerLimit,
  use: LimitUse,
  asked: number,
  { scope }: Figures,
): number {
  if (limit.window !== 'hour' || !(asked <= use.limit)) return Infinity;
  const fits = (since: number): boolean =>
    amountOf(limit, scope.settled(db, { since, until: forEver })) + asked <= use.limit;
  let early = Math.floor(limit.since);
  let late = early + 1;
  while (!fits(late)) late = early + 2 * (late - early);
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (fits(middle)) late = middle;
    else early = middle;
  }
  return late + (ask.at - limit.since);
}
