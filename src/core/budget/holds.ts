import { HaiosError } from '../errors.ts';
import type { Observer } from '../events.ts';
import type { Admission, Ask, Clock, Ledger, LedgerLimit, LimitUse, Settlement } from '../ports.ts';
import { exactUsd } from '../../protocol/money.ts';
import { quotaLimit } from './limits.ts';

/** Money and tokens held for one call. Exactly one of `settle` and `release` takes effect, the first. */
export interface Hold {
  /** What is held, nano-dollars and tokens. */
  readonly nusd: number;
  readonly tokens: number;
  /** To be awaited right before the request is sent: from here on a crash settles it in full. */
  sent(): Promise<void>;
  settle(settlement: Settlement): Promise<void>;
  release(): Promise<void>;
}

export interface HoldDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observe: Observer;
  /** How long a call waits for what others hold before it is refused. */
  readonly waitMs: number;
}

const pollMs = 50;

/**
 * Holds the most a call can cost against every limit it touches. Waits, bounded, while it does not fit only because of
 * what others hold. Throws BUDGET_EXCEEDED or QUOTA_EXCEEDED with the limit and its figures, LEDGER_*, or the signal's reason.
 */
export async function hold(
  ask: Ask,
  limits: readonly LedgerLimit[],
  signal: AbortSignal,
  deps: HoldDeps,
): Promise<Hold> {
  const { ledger, clock, observe } = deps;
  const deadline = clock.monotonic() + deps.waitMs;
  for (;;) {
    signal.throwIfAborted();
    const admission = await ledger.admit(ask, limits);
    if (admission.kind === 'admitted') return heldCall(ask, ledger);
    if (admission.kind === 'refused' || clock.monotonic() >= deadline) {
      const { name, resource, scope } = admission.limit;
      observe({ type: 'budget_refused', name, resource, scope, runId: ask.runId });
      throw refusal(ask, admission);
    }
    await pause(clock, pollMs, signal);
  }
}

function heldCall({ callId, nusd, tokens }: Ask, ledger: Ledger): Hold {
  let state: 'reserved' | 'sent' | 'done' = 'reserved';
  return {
    nusd,
    tokens,
    async sent() {
      await ledger.sent(callId);
      state = 'sent';
    },
    async settle(settlement) {
      if (state === 'done') return;
      await ledger.settle(callId, settlement);
      state = 'done';
    },
    async release() {
      if (state !== 'reserved') return;
      await ledger.release(callId);
      state = 'done';
    },
  };
}

function refusal(ask: Ask, admission: Exclude<Admission, { kind: 'admitted' }>): HaiosError {
  const { limit, use } = admission;
  const asked = limit.resource === 'usd' ? ask.nusd : ask.tokens;
  const code = limit.name === quotaLimit ? 'QUOTA_EXCEEDED' : 'BUDGET_EXCEEDED';
  return new HaiosError(code, refusalText(limit, use, asked), {
    details: { limit, use, asked, kind: admission.kind },
  });
}

function refusalText(limit: LedgerLimit, use: LimitUse, asked: number): string {
  const amount = (n: number): string => (limit.resource === 'usd' ? `$${exactUsd(n)}` : `${n} tokens`);
  const window = limit.window === 'lifetime' ? '' : ` per ${limit.window}`;
  const held = use.held === 0 ? '' : `, ${amount(use.held)} is held by running calls`;
  const quota = limit.name === quotaLimit ? `${quotaLimit}.${limit.resource}` : null;
  const what = quota === null ? `${limit.scope} budget “${limit.name}”` : `quota ${quota}`;
  return (
    `The ${what} of ${amount(limit.limit)}${window} does not allow this call: ` +
    `${amount(use.settled)} is spent${held}, and the call may cost up to ${amount(asked)}. Raise ${quota ?? 'the budget'} and resume the run.`
  );
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel();
      reject(
        signal.reason instanceof Error
          ? signal.reason
          : new HaiosError('CANCELLED', 'Cancelled while waiting for a budget.'),
      );
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}
