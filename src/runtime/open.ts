import { dirname, join } from 'node:path';
import type { Hello } from '../protocol/messages.ts';
import type { SnapshotDelta } from '../protocol/snapshot.ts';
import { openStorage } from '../storage/open.ts';
import type { App, StorageEvents } from './app.ts';
import type { Flags } from './flags.ts';
import { HostFeed } from './host-feed.ts';
import type { Tell } from './host-teller.ts';

/** All that a runtime has when it is open. */
export interface Opened {
  readonly app: App;
  readonly feed: HostFeed;
}

export interface Opening {
  /** Rejects with why it cannot be opened: DATABASE_NEWER, DATABASE_UNAVAILABLE … */
  readonly opened: Promise<Opened>;
  /** Stops the app in order and closes the storage, also while they are being opened. */
  close(graceMs: number): Promise<void>;
}

export interface OpenOptions {
  readonly flags: Flags;
  readonly runtimeId: string;
  readonly hello: Hello;
  /** Folder of the bundles. */
  readonly bundleDir: string;
  readonly tell: Tell;
  readonly sendDelta: (delta: SnapshotDelta) => Promise<void>;
}

const maxBufferedRows = 20_000;
const storageCloseMs = 2000;

/** The threads start first: they open their files while the rest of the code, a bundle of its own, is loaded. */
export function openRuntime({ flags, runtimeId, hello, bundleDir, tell, sendDelta }: OpenOptions): Opening {
  const storageEvents: StorageEvents = {
    onPlatform: () => undefined,
    onHealth: () => undefined,
    onNotice: () => undefined,
    onError: () => undefined,
  };
  const opening = openStorage({
    databasePath: flags.databasePath,
    writerPath: join(bundleDir, 'writer.cjs'),
    readerPath: join(bundleDir, 'reader.cjs'),
    newLedger: flags.newLedger,
    maxBuffered: maxBufferedRows,
    onFlush: ({ durationMs, spans }) => storageEvents.onPlatform({ type: 'store_flushed', durationMs, spans }),
    onDrop: (spans) => storageEvents.onPlatform({ type: 'spans_dropped', spans }),
    onHealth: () => storageEvents.onHealth(),
    onNotice: (notice) => storageEvents.onNotice(notice),
    onError: (error) => storageEvents.onError(error),
  });
  const start = async (): Promise<Opened> => {
    const { openApp } = await import('./app.ts');
    const dataDir = dirname(flags.databasePath);
    const app = await openApp({ flags, runtimeId, storage: opening, storageEvents, dataDir, bundleDir, hello, tell });
    return { app, feed: new HostFeed(app.snapshots, sendDelta) };
  };
  const opened = start();
  // Who asks hears of it; nobody may be asking.
  opened.catch(() => undefined);
  opening.catch(() => undefined);
  return {
    opened,
    async close(graceMs) {
      await (await opened.catch(() => undefined))?.app.stop(graceMs);
      await (await opening.catch(() => undefined))?.close(storageCloseMs);
    },
  };
}
