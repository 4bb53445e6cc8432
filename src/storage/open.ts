import { resolve } from 'node:path';
import { HaiosError } from '../core/errors.ts';
import type { Notice } from '../protocol/messages.ts';
import { BackupsClient } from './backups-client.ts';
import { LedgerClient } from './ledger-client.ts';
import { ledgerPathOf } from './paths.ts';
import { readerOver } from './reader-client.ts';
import { runtimesOver } from './runtimes-client.ts';
import type { Reader, Runtimes, Storage, StorageHealth, StorageOptions, Write } from './storage.ts';
import { ThreadClient } from './thread/client.ts';
import type { ReaderOperations, ThreadData, WriterOperations } from './thread/messages.ts';
import { WriteBuffer } from './write-buffer.ts';

/**
 * Opens the two databases of a user behind their threads. Throws DATABASE_NEWER or DATABASE_UNAVAILABLE (one sentence
 * with path and remedy); a damaged or unwritable ledger does not stop it: `health` says so and paid calls are refused.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const databasePath = resolve(options.databasePath);
  if (databasePath !== databasePath.trim()) {
    throw new HaiosError(
      'DATABASE_UNAVAILABLE',
      `The database path ${JSON.stringify(databasePath)} ends in white space: give another with --db FILE.`,
    );
  }
  const data = { databasePath, ledgerPath: ledgerPathOf(databasePath), newLedger: options.newLedger };
  const storage = new OpenStorage(options, data);
  await storage.start();
  return storage;
}

const allWell: StorageHealth = { ledger: 'ok', history: 'ok', message: null };

class OpenStorage implements Storage {
  readonly databasePath: string;
  readonly ledgerPath: string;
  readonly ledger: LedgerClient;
  readonly reader: Reader;
  readonly runtimes: Runtimes;
  readonly backups: BackupsClient;
  readonly #options: StorageOptions;
  readonly #writer: ThreadClient<WriterOperations>;
  readonly #readers: ThreadClient<ReaderOperations>;
  readonly #buffer: WriteBuffer;
  readonly #notices: Notice[] = [];
  #health: StorageHealth = allWell;
  #started = false;
  #closing: Promise<void> | null = null;

  constructor(options: StorageOptions, data: ThreadData) {
    this.#options = options;
    this.databasePath = data.databasePath;
    this.ledgerPath = data.ledgerPath;
    const onError = (error: HaiosError): void => options.onError?.(error);
    this.#writer = new ThreadClient(options.writerPath, data, 'writer', {
      onMessage: (message) => {
        if (message.type === 'health') this.#setHealth(message.health);
        else this.#addNotice(message.notice);
      },
      onLost: (error) => {
        if (!this.#started) return;
        this.#setHealth({ ledger: 'unavailable', history: 'unavailable', message: error.message });
        onError(error);
      },
      onReady: () => this.#buffer.kick(),
    });
    this.#readers = new ThreadClient(options.readerPath, data, 'reader', {
      onMessage: () => undefined,
      onLost: (error) => {
        if (this.#started) onError(error);
      },
      onReady: () => undefined,
    });
    this.#buffer = new WriteBuffer({
      maxBuffered: options.maxBuffered,
      send: (batch) => this.#writer.request('write', batch, 'DATABASE_UNAVAILABLE'),
      onFlush: options.onFlush,
      onDrop: options.onDrop,
      onError,
    });
    this.ledger = new LedgerClient(this.#writer, () => this.#buffer.kick());
    const reader = readerOver(this.#readers);
    this.reader = { ...reader, integrity: async () => this.#mended(await reader.integrity()) };
    this.runtimes = runtimesOver(this.#writer);
    this.backups = new BackupsClient(options.readerPath, data, this.#writer, onError);
  }

  async start(): Promise<void> {
    try {
      await Promise.all([this.#writer.start(), this.#readers.start()]);
      this.#started = true;
    } catch (error) {
      await Promise.all([this.#writer.close(), this.#readers.close()]);
      throw error;
    }
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  health(): StorageHealth {
    return this.#health;
  }

  nextG(): Promise<number> {
    return this.#writer.request('nextG', null, 'DATABASE_UNAVAILABLE');
  }

  write(rows: readonly Write[]): void {
    this.#buffer.add(rows);
  }

  flush(): Promise<void> {
    return this.#buffer.flush();
  }

  async newLedger(): Promise<void> {
    await this.#writer.request('newLedger', null, 'LEDGER_UNAVAILABLE');
  }

  retain(before: number): Promise<{ deleted: number }> {
    return this.#writer.request('retain', { before }, 'DATABASE_UNAVAILABLE');
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, graceMs);
    });
    await Promise.race([this.#settleAll(), late]);
    if (timer !== null) clearTimeout(timer);
    this.#buffer.close();
    await Promise.all([this.#writer.close(), this.#readers.close()]);
  }

  /** The writer's last words need not be heard: a thread that is gone has nothing left to close. */
  async #settleAll(): Promise<void> {
    await this.backups.close();
    await this.#buffer.flush();
    await this.ledger.close();
    await this.#readers.close();
    await this.#writer.request('close', null, 'DATABASE_UNAVAILABLE').catch(() => null);
  }

  /** Rollups are made anew where they differ; what is wrong with the file itself is left as it is. */
  async #mended(found: { history: string; ledger: string }): Promise<{ history: string; ledger: string }> {
    if (found.ledger === 'ok') return found;
    const mended = await this.#writer.request('mendRollups', null, 'LEDGER_UNAVAILABLE').catch(() => 0);
    if (mended === 0) return found;
    return { ...found, ledger: `${mended} rollups differed from the rows they are made from and were made anew` };
  }

  #setHealth(health: StorageHealth): void {
    const { ledger, history, message } = this.#health;
    if (ledger === health.ledger && history === health.history && message === health.message) return;
    this.#health = health;
    this.#options.onHealth(health);
  }

  #addNotice(notice: Notice): void {
    this.#notices.push(notice);
    if (this.#started) this.#options.onNotice?.(notice);
  }
}
