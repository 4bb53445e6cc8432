import { isHaiosError } from '../core/errors.ts';
import type { Ledger } from '../core/ports.ts';

/**
 * A ledger on which a settlement that cannot be written now does not fail its call: the storage goes on trying, and
 * until then the reservation stays held, so that no budget is overspent. A crash settles it in full.
 */
export function patientLedger(ledger: Ledger, onDelay: (error: unknown) => void): Ledger {
  const patiently = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!isHaiosError(error, 'LEDGER_UNAVAILABLE') && !isHaiosError(error, 'LEDGER_DAMAGED')) throw error;
      onDelay(error);
    }
  };
  return {
    admit: (ask, limits) => ledger.admit(ask, limits),
    sent: (callId) => ledger.sent(callId),
    settle: (callId, settlement) => patiently(ledger.settle(callId, settlement)),
    release: (callId) => patiently(ledger.release(callId)),
    use: (limits) => ledger.use(limits),
    call: (callId) => ledger.call(callId),
    override: (row) => ledger.override(row),
    overrides: (at) => ledger.overrides(at),
  };
}
