import type { Clock } from '../core/ports.ts';
import type { LedgerBackup } from '../protocol/messages.ts';
import { dayOf } from '../storage/reader/days.ts';
import type { Storage } from '../storage/storage.ts';

export interface LedgerBackupOptions {
  readonly storage: Pick<Storage, 'backups' | 'reader' | 'health'>;
  readonly clock: Clock;
  /** Whether this runtime does what is done once per user. */
  readonly leads: () => boolean;
  readonly onMade: (backup: LedgerBackup) => void;
}

/** Makes the ledger's backup of the day, once per user. */
export class DailyBackup {
  readonly #o: LedgerBackupOptions;
  #day: string | null = null;
  #making: Promise<void> = Promise.resolve();

  constructor(options: LedgerBackupOptions) {
    this.#o = options;
  }

  /** To be asked at the start and again and again; throws why there is none today, and tries again the next time. */
  async tick(): Promise<void> {
    const { leads, clock } = this.#o;
    if (!leads() || this.#day === dayOf(clock.now())) return;
    const making = this.#make(clock.now());
    this.#making = making.catch(() => undefined);
    await making;
  }

  /** Waits for one that is being made, at most so long. */
  async settle(longestMs: number): Promise<void> {
    const { clock } = this.#o;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(longestMs, resolve);
      void this.#making.then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #make(now: number): Promise<void> {
    const { storage, onMade } = this.#o;
    // A damaged ledger is told of elsewhere. The thread is started only when there is something to keep.
    if (storage.health().ledger !== 'ok') return;
    if ((await storage.reader.total({ since: 0, until: now })).calls === 0) return;
    const backup = await storage.backups.make(now);
    if (backup === null) return;
    this.#day = dayOf(now);
    if (backup.at === now) onMade(backup);
  }
}
