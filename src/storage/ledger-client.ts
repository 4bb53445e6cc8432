import { isHaiosError } from '../core/errors.ts';
import type { Admission, Ask, Ledger, LedgerLimit, LimitUse, Settlement } from '../core/ports.ts';
import type { LedgerRow, OverrideRow } from '../protocol/rows.ts';
import type { ThreadClient } from './thread/client.ts';
import type { WriterOperations } from './thread/messages.ts';

type Repair =
  { readonly type: 'settle'; readonly settlement: Settlement; readonly ask: Ask | null } | { readonly type: 'release' };

const repairPauseMs = 500;

/**
 * The Ledger port over the writer thread. What could not be written is not forgotten: a settlement or release that
 * failed, and the release of an admission whose answer was lost, are tried again until they are in the ledger (the
 * caller is told of the failure all the same).
 */
export class LedgerClient implements Ledger {
  readonly #writer: ThreadClient<WriterOperations>;
  /** Rows given before an admission are stored before it: what the ledger names is in the history after a crash. */
  readonly #beforeAdmission: () => void;
  readonly #asks = new Map<string, Ask>();
  readonly #repairs = new Map<string, Repair>();
  #timer: NodeJS.Timeout | null = null;
  #repairing = false;
  #closed = false;

  constructor(writer: ThreadClient<WriterOperations>, beforeAdmission: () => void) {
    this.#writer = writer;
    this.#beforeAdmission = beforeAdmission;
  }

  async admit(ask: Ask, limits: readonly LedgerLimit[]): Promise<Admission> {
    this.#repairs.delete(ask.callId);
    this.#beforeAdmission();
    try {
      const admission = await this.#writer.request('admit', { ask, limits }, 'LEDGER_UNAVAILABLE');
      if (admission.kind === 'admitted') this.#asks.set(ask.callId, ask);
      return admission;
    } catch (error) {
      // It may be held although the answer was lost.
      if (isHaiosError(error, 'LEDGER_UNAVAILABLE')) this.#repair(ask.callId, { type: 'release' });
      throw error;
    }
  }

  async sent(callId: string): Promise<void> {
    await this.#writer.request('sent', { callId }, 'LEDGER_UNAVAILABLE');
  }

  async settle(callId: string, settlement: Settlement): Promise<void> {
    const ask = this.#asks.get(callId) ?? null;
    this.#repairs.delete(callId);
    try {
      await this.#writer.request('settle', { callId, settlement, ask }, 'LEDGER_UNAVAILABLE');
      this.#asks.delete(callId);
    } catch (error) {
      if (isOutage(error)) this.#repair(callId, { type: 'settle', settlement, ask });
      throw error;
    }
  }

  async release(callId: string): Promise<void> {
    this.#repairs.delete(callId);
    try {
      await this.#writer.request('release', { callId }, 'LEDGER_UNAVAILABLE');
      this.#asks.delete(callId);
    } catch (error) {
      if (isOutage(error)) this.#repair(callId, { type: 'release' });
      throw error;
    }
  }

  use(limits: readonly LedgerLimit[]): Promise<readonly LimitUse[]> {
    return this.#writer.request('use', { limits }, 'LEDGER_UNAVAILABLE');
  }

  call(callId: string): Promise<LedgerRow | null> {
    return this.#writer.request('call', { callId }, 'LEDGER_UNAVAILABLE');
  }

  async override(row: OverrideRow): Promise<void> {
    await this.#writer.request('override', { row }, 'LEDGER_UNAVAILABLE');
  }

  overrides(at: number): Promise<readonly OverrideRow[]> {
    return this.#writer.request('overrides', { at }, 'LEDGER_UNAVAILABLE');
  }

  /** Tries what is left once more and stops. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#mend();
  }

  #repair(callId: string, repair: Repair): void {
    this.#repairs.set(callId, repair);
    if (this.#timer !== null || this.#repairing || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#mend();
    }, repairPauseMs);
  }

  async #mend(): Promise<void> {
    this.#repairing = true;
    await Promise.all([...this.#repairs].map(([callId, repair]) => this.#mendOne(callId, repair)));
    this.#repairing = false;
    const left = this.#repairs.entries().next();
    if (left.done !== true) this.#repair(...left.value);
  }

  async #mendOne(callId: string, repair: Repair): Promise<void> {
    try {
      if (repair.type === 'release') await this.#writer.request('release', { callId }, 'LEDGER_UNAVAILABLE');
      else
        await this.#writer.request(
          'settle',
          { callId, settlement: repair.settlement, ask: repair.ask },
          'LEDGER_UNAVAILABLE',
        );
    } catch (error) {
      if (isOutage(error)) return;
    }
    // A newer request for the same call has taken over unless this is still the one.
    if (this.#repairs.get(callId) !== repair) return;
    this.#repairs.delete(callId);
    this.#asks.delete(callId);
  }
}

function isOutage(error: unknown): boolean {
  return isHaiosError(error, 'LEDGER_UNAVAILABLE') || isHaiosError(error, 'LEDGER_DAMAGED');
}
