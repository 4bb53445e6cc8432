import { HaiosError } from '../core/errors.ts';
import type { LedgerBackup } from '../protocol/messages.ts';
import type { LedgerBackups } from './storage.ts';
import { ThreadClient } from './thread/client.ts';
import type { BackupOperations, ThreadData, WriterOperations } from './thread/messages.ts';

/** The ledger's backups over a thread that lives only while one is made or read. */
export class BackupsClient implements LedgerBackups {
  readonly #path: string;
  readonly #data: ThreadData;
  readonly #writer: ThreadClient<WriterOperations>;
  readonly #onError: (error: HaiosError) => void;
  #last: Promise<unknown> = Promise.resolve();
  #thread: ThreadClient<BackupOperations> | null = null;
  #closed = false;

  constructor(
    readerPath: string,
    data: ThreadData,
    writer: ThreadClient<WriterOperations>,
    onError: (error: HaiosError) => void,
  ) {
    this.#path = readerPath;
    this.#data = data;
    this.#writer = writer;
    this.#onError = onError;
  }

  make(at: number): Promise<LedgerBackup | null> {
    return this.#inThread((thread) => thread.request('makeBackup', [at], 'LEDGER_UNAVAILABLE'));
  }

  newest(): Promise<LedgerBackup | null> {
    return this.#inThread((thread) => thread.request('newestBackup', [], 'LEDGER_UNAVAILABLE'));
  }

  restore(): Promise<LedgerBackup> {
    return this.#inThread(async (thread) => {
      const restoration = await thread.request('prepareRestore', [], 'LEDGER_UNAVAILABLE');
      await this.#writer.request('restoreLedger', restoration, 'LEDGER_UNAVAILABLE');
      return restoration.backup;
    });
  }

  /** Ends what is under way; half of a backup does not count and is removed by the next one. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.close();
    await this.#last;
  }

  /** One after another: each has the disk to itself. */
  #inThread<T>(work: (thread: ThreadClient<BackupOperations>) => Promise<T>): Promise<T> {
    const mine = this.#last.then(async () => {
      if (this.#closed) throw new HaiosError('LEDGER_UNAVAILABLE', 'Storage is closed: no backup can be made or read.');
      const thread = new ThreadClient<BackupOperations>(this.#path, this.#data, 'backup', {
        onMessage: () => undefined,
        onLost: (error) => this.#onError(error),
        onReady: () => undefined,
      });
      this.#thread = thread;
      try {
        await thread.start();
        return await work(thread);
      } finally {
        this.#thread = null;
        await thread.close();
      }
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
