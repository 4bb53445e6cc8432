import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { IPCMessageReader } from 'vscode-jsonrpc/node';
import { errors, type ErrorCode } from '../catalogue/errors.ts';
import { HaiosError, messageOf } from '../core/errors.ts';
import { connectServer, type Server } from '../protocol/channel.ts';
import type { Hello, WireError } from '../protocol/messages.ts';
import type { SnapshotDelta } from '../protocol/snapshot.ts';
import { refuseNewer } from '../storage/preflight.ts';
import { parseFlags } from './flags.ts';
import { createHandlers } from './handlers.ts';
import { createTell } from './host-teller.ts';
import { IpcWriter } from './ipc-writer.ts';
import { openRuntime, type Opening } from './open.ts';
import { realClock, realIds } from './platform.ts';

const hostGoneGraceMs = 10_000;
const lastWordsMs = 1000;

/**
 * Answers `hello` at once, from what is known without a database, and then opens everything else: threads, databases,
 * port. What is asked meanwhile waits for it, and is refused with the reason if it cannot be opened.
 */
export function serve(argv: readonly string[], env: NodeJS.ProcessEnv): void {
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  const flags = parseFlags(argv, env);

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
