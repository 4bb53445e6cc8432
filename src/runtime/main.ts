import { dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { errors } from '../catalogue/errors.ts';
import { HaiosError, messageOf } from '../core/errors.ts';
import { connectServer, type Server } from '../protocol/channel.ts';
import type { WireError } from '../protocol/messages.ts';
import { openStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { openApp, type App, type StorageEvents, type Tell } from './app.ts';
import { parseFlags, type Flags } from './flags.ts';
import { createHandlers } from './handlers.ts';
import { HostFeed } from './host-feed.ts';

const maxBufferedRows = 20_000;
const hostGoneGraceMs = 10_000;

main();

function main(): void {
  if (process.send === undefined) {
    process.stderr.write('The HAiOS runtime is started by the editor or by `haios`, not by itself.\n');
    process.exit(2);
  }
  try {
    serve(parseFlags(process.argv.slice(2), process.env));
  } catch (error) {
    end(error);
  }
}

function serve(flags: Flags): void {
  const bundleDir = dirname(realpathSync(process.argv[1] ?? ''));
  const dataDir = dirname(flags.databasePath);
  const storageEvents: StorageEvents = {
    onPlatform: () => undefined,
    onHealth: () => undefined,
    onNotice: () => undefined,
    onError: () => undefined,
  };
  const opening: Promise<Storage> = openStorage({
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
  opening.catch(() => undefined);

  let app: App | undefined;
  let stopping: Promise<void> | undefined;
  const shutdown = (graceMs: number): Promise<void> =>
    (stopping ??= (async () => {
      await app?.stop(graceMs);
      await (await opening.catch(() => undefined))?.close(2000);
    })());
  const leave = (graceMs: number, code: number): void => void shutdown(graceMs).finally(() => process.exit(code));

  const server: Server = connectServer(
    new IPCMessageReader(process),
    new IPCMessageWriter(process),
    createHandlers({
      storage: opening,
      dataDir,
      async open(hello) {
        const tell: Tell = (name, value) => void server.notify(name, value);
        app = await openApp({ flags, storage: await opening, storageEvents, dataDir, bundleDir, hello, tell });
        return { app, feed: new HostFeed(app.snapshots, (delta) => server.notify('delta', delta)) };
      },
      async shutdown(graceMs) {
        await shutdown(graceMs);
        // The reply goes out first.
        setImmediate(() => process.exit(0));
      },
    }),
    toWire,
  );
  server.onClose(() => leave(hostGoneGraceMs, 0));
  // A host that dies closes the pipe; in a child that is told as `disconnect` only.
  process.once('disconnect', () => leave(hostGoneGraceMs, 0));
  process.once('SIGTERM', () => leave(hostGoneGraceMs, 0));
  // Ctrl-C reaches the whole group; the host decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/** What a host is told of an error. */
function toWire(error: unknown): WireError {
  if (error instanceof HaiosError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: messageOf(error) };
}

/** Ends at once with the sentence on standard error, where the host reads it; the next runtime mends what is left. */
function end(error: unknown): never {
  const code = error instanceof HaiosError ? error.code : 'INTERNAL';
  process.stderr.write(`${messageOf(error)}\n`);
  if (code === 'INTERNAL' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exit(errors[code].exit);
}
