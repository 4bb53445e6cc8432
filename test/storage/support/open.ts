import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage, StorageHealth, StorageOptions } from '../../../src/storage/storage.ts';
import type { HaiosError } from '../../../src/core/errors.ts';
import type { Notice } from '../../../src/protocol/messages.ts';

export function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
export const writerPath = pathOf('../../../src/storage/writer.ts');
export const readerPath = pathOf('../../../src/storage/reader.ts');
/** A writer thread whose disk a test can fill: see full-disk.ts. */
export const testWriterPath = pathOf('./test-writer.ts');

export interface Heard {
  dropped: number;
  readonly health: StorageHealth[];
  readonly errors: HaiosError[];
  readonly notices: Notice[];
}

/** Storages and folders of one test file; `end` closes and removes all of them. */
export class Bench {
  readonly folder: string;
  readonly #open: Storage[] = [];
  #count = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'haios-storage-'));
  }

  /** A path of a database that does not exist yet, in a folder of its own. */
  fresh(): string {
    this.#count += 1;
    return join(this.folder, String(this.#count), 'haios.db');
  }

  async storage(
    databasePath: string,
    change: Partial<StorageOptions> = {},
  ): Promise<Storage & { readonly heard: Heard }> {
    const heard: Heard = { dropped: 0, health: [], errors: [], notices: [] };
    const storage = await openStorage({
      databasePath,
      writerPath,
      readerPath,
      newLedger: false,
      maxBuffered: 5000,
      onFlush: () => undefined,
      onDrop: (spans) => {
        heard.dropped += spans;
      },
      onHealth: (health) => heard.health.push(health),
      onNotice: (notice) => heard.notices.push(notice),
      onError: (error) => heard.errors.push(error),
      ...change,
    });
    this.#open.push(storage);
    return Object.assign(storage, { heard });
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.map((storage) => storage.close(5000)));
  }

  async end(): Promise<void> {
    await this.closeAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Looks into a file with a connection of the test's own. */
export function peek<T>(path: string, work: (db: Database) => T): T {
  const db = new Sqlite(path, { fileMustExist: true, timeout: 2000 });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
