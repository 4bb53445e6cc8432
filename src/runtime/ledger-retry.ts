import { isHaiosError } from '../core/errors.ts';
import type { Clock, Ledger, Settlement } from '../core/ports.ts';

const retryMs = 2000;

/**
 * A ledger whose settlements are not lost while the file cannot be written: they are kept and tried again until they
 * are on disk. Meanwhile their reservations stay held, so no budget is overspent; a crash settles them in full.
 */
export function withRetriedSettlements(ledger: Ledger, clock: Clock, onDelay: (waiting: number) => void): Ledger {
  const waiting = new Map<string, Settlement>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    clock.after(retryMs, () => {
      scheduled = false;
      void retry();
    });
  };
  const retry = async (): Promise<void> => {
    for (const [callId, settlement] of [...waiting]) {
      try {
        await ledger.settle(callId, settlement);
        waiting.delete(callId);
      } catch {
        schedule();
        return;
      }
    }
  };

  return {
    ...bound(ledger),
    async settle(callId, settlement) {
      try {
        await ledger.settle(callId, settlement);
      } catch (error) {
        if (!isHaiosError(error, 'LEDGER_UNAVAILABLE') && !isHaiosError(error, 'LEDGER_DAMAGED')) throw error;
        waiting.set(callId, settlement);
        onDelay(waiting.size);
        schedule();
      }
    },
  };
}

function bound(ledger: Ledger): Ledger {
  return {
    admit: (ask, limits) => ledger.admit(ask, limits),
    sent: (callId) => ledger.sent(callId),
    settle: (callId, settlement) => ledger.settle(callId, settlement),
    release: (callId) => ledger.release(callId),
    use: (limits) => ledger.use(limits),
    call: (callId) => ledger.call(callId),
  };
}
