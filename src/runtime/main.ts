import module from 'node:module';
import { dirname, join } from 'node:path';
import { mkdirSync, realpathSync } from 'node:fs';
import { IPCMessageReader } from 'vscode-jsonrpc/node';
import { errors, type ErrorCode } from '../catalogue/errors.ts';
import { HaiosError, messageOf } from '../core/errors.ts';
import { connectServer, type Server } from '../protocol/channel.ts';
import type { Hello, WireError } from '../protocol/messages.ts';
import type { SnapshotDelta } from '../protocol/snapshot.ts';
import { defaultDataDir } from '../storage/paths.ts';
import { refuseNewer } from '../storage/preflight.ts';
import { parseFlags, type Flags } from './flags.ts';
import { createHandlers } from './handlers.ts';
import { createTell } from './host-teller.ts';
import { IpcWriter } from './ipc-writer.ts';
import { openRuntime, type Opening } from './open.ts';
import { realClock, realIds } from './platform.ts';
import { giveThreadsTheirOwnHeapLimits } from './thread-heaps.ts';

const hostGoneGraceMs = 10_000;
const lastWordsMs = 1000;

main();

function main(): void {
  if (process.send === undefined) {
    process.stderr.write('The HAiOS runtime is started by the editor or by `haios`, not by itself.\n');
    process.exit(2);
  }
  try {
    giveThreadsTheirOwnHeapLimits();
    keepCompiledCode(defaultDataDir(process.env, process.platform));
    serve(parseFlags(process.argv.slice(2), process.env));
  } catch (error) {
    end(error);
  }
}

/**
 * The first start after an install fills the cache, later ones need not compile. It lies below the user's own data
 * always and never beside `--db FILE`, which may be in a workspace. Where Node has no such cache, or the folder cannot
 * be written, it is done without.
 */
function keepCompiledCode(userDataDir: string): void {
  try {
    mkdirSync(userDataDir, { recursive: true, mode: 0o700 });
    module.enableCompileCache?.(join(userDataDir, 'compile-cache'));
  } catch {
    return;
  }
}

/**
 * Answers `hello` at once, from what is known without a database, and then opens everything else: threads, databases,
 * port. What is asked meanwhile waits for it, and is refused with the reason if it cannot be opened.
 */
function serve(flags: Flags): void {
  const runtimeId = realIds.unique();
  let opening: Promise<Opening> | undefined;
  const open = async (hello: Hello): Promise<Opening> => {
    // The answer to `hello` goes out first: loading the rest holds up the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    const bundleDir = dirname(realpathSync(process.argv[1] ?? ''));
    const sendDelta = (delta: SnapshotDelta): Promise<void> => server.notify('delta', delta);
    return openRuntime({ flags, runtimeId, hello, bundleDir, tell, sendDelta });
  };
  let stopping: Promise<void> | undefined;
  const shutdown = (graceMs: number): Promise<void> =>
    (stopping ??= (async () => {
      await (await opening?.catch(() => undefined))?.close(graceMs);
    })());
  /** What the host was told and answered last goes out first, unless it does not read. */
  const exit = async (): Promise<never> => {
    server.flush();
    await Promise.race([writer.written(), new Promise((resolve) => setTimeout(resolve, lastWordsMs))]);
    process.exit(0);
  };
  const leave = (): void => void shutdown(hostGoneGraceMs).finally(exit);

  const writer = new IpcWriter(process);
  const server: Server = connectServer(
    new IPCMessageReader(process),
    writer,
    createHandlers({
      runtimeId,
      databasePath: () => refuseNewer(flags.databasePath),
      open: async (hello) => (await (opening ??= open(hello))).opened,
      async shutdown(graceMs) {
        await shutdown(graceMs);
        setImmediate(() => void exit());
      },
    }),
    toWire,
  );
  const tell = createTell(server, () => realClock.now());
  // A host that dies closes the pipe.
  server.onClose(leave);
  process.once('SIGTERM', leave);
  // Ctrl-C reaches the whole group; the host decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/** What a host is told of an error. */
function toWire(error: unknown): WireError {
  return { code: codeOf(error), message: messageOf(error) };
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof HaiosError ? error.code : 'INTERNAL';
}

/** Ends at once with the sentence on standard error, where the host reads it; the next runtime mends what is left. */
function end(error: unknown): never {
  const code = codeOf(error);
  process.stderr.write(`${messageOf(error)}\n`);
  if (code === 'INTERNAL' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exit(errors[code].exit);
}
