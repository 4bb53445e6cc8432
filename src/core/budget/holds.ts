import type { Observer } from '../events.ts';
import type { Ask, Clock, Ledger, LedgerLimit, Settlement } from '../ports.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Place, Waker } from './waker.ts';

/** Money and tokens held for one call. Exactly one of `settle` and `release` takes effect, the first. */
export interface Hold {
  /** What is held, nano-dollars and tokens. */
  readonly nusd: number;
  readonly tokens: number;
  /**
   * To be awaited right before the request is sent: from here on a crash settles it in full. Throws the signal's reason
   * when the call was cancelled meanwhile, and LEDGER_*; it must then not be sent and can be released.
   */
  sent(): Promise<void>;
  settle(settlement: Settlement): Promise<void>;
  release(): Promise<void>;
}

export interface HoldDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observe: Observer;
  /** The one of this process. */
  readonly waker: Waker;
  /** How long a call waits for what others hold before it is refused. */
  readonly waitMs: number;
}

/** How often what other processes hand back is looked for, and how long is slept for a pace or a window at a stretch. */
const pollMs = 50;
const longestSleepMs = 1_000;
/** The ledger gives up the place of a call that does not ask again within 5 s. */
const keepPlaceMs = 2_000;

/**
 * Holds the most a call can cost against every limit it touches, as they are when it asks. Waits, bounded and in fair order, while it does not fit
 * only because of what others hold or of a pace. Throws BUDGET_EXCEEDED or QUOTA_EXCEEDED (see `refusal`), LEDGER_*, or
 * the signal's reason; whatever it throws, nothing is held for the call and its place is given up.
 */
export async function hold(
  asked: Omit<Ask, 'at'>,
  limits: () => readonly LedgerLimit[],
  signal: AbortSignal,
  deps: HoldDeps,
): Promise<Hold> {
  const { ledger, clock, observe, waker } = deps;
  const deadline = clock.monotonic() + deps.waitMs;
  let place: Place | null = null;
  /** The ledger has something of this call: its place, or what it holds. */
  let kept = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      // Windows move and paces grow while it waits.
      const ask = { ...asked, at: clock.now() };
      const admission = await ledger.admit(ask, limits());
      kept = admission.kind !== 'refused';
      if (admission.kind === 'admitted') {
        signal.throwIfAborted();
        kept = false;
        return heldCall(ask, signal, deps);
      }
      const left = deadline - clock.monotonic();
      if (admission.kind === 'refused' || left <= 0 || isBeyond(admission, clock.now() + left)) {
        const { name, resource, scope } = admission.limit;
        observe({ type: 'budget_refused', name, resource, scope, runId: ask.runId });
        throw refusal(ask, admission, clock.now());
      }
      place = inLine(waker, place, admission.limit);
      await place.turn(pauseOf(admission, clock.now()), Math.min(left, keepPlaceMs), signal);
    }
  } finally {
    place?.leave();
    if (kept) await ledger.release(asked.callId).finally(() => waker.wake());
  }
}

function heldCall({ callId, nusd, tokens }: Ask, signal: AbortSignal, { ledger, waker }: HoldDeps): Hold {
  let state: 'reserved' | 'sent' | 'done' = 'reserved';
  return {
    nusd,
    tokens,
    async sent() {
      signal.throwIfAborted();
      await ledger.sent(callId);
      signal.throwIfAborted();
      state = 'sent';
    },
    async settle(settlement) {
      if (state === 'done') return;
      await ledger.settle(callId, settlement).finally(() => waker.wake());
      state = 'done';
    },
    async release() {
      if (state !== 'reserved') return;
      await ledger.release(callId).finally(() => waker.wake());
      state = 'done';
    },
  };
}

/** Nobody's call can free it, and what frees it comes too late to be waited for. */
function isBeyond({ use }: Refusal, deadline: number): boolean {
  return use.held === 0 && use.freesAt !== null && use.freesAt > deadline;
}

/** Out of step with other processes; a known moment is slept for, though a person may raise the budget before it. */
function pauseOf({ use }: Refusal, now: number): number {
  const poll = pollMs * (0.8 + Math.random() * 0.4);
  return use.freesAt === null ? poll : Math.min(Math.max(poll, use.freesAt - now), longestSleepMs);
}

function inLine(waker: Waker, place: Place | null, limit: LedgerLimit): Place {
  const { name, resource, scope, key, window, runId } = limit;
  const line = JSON.stringify([name, resource, scope, key, window, runId]);
  if (place?.line === line) return place;
  place?.leave();
  return waker.join(line);
}
