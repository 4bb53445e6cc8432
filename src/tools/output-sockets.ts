import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One way out of a child process: give it `end` as a standard stream, then close `end` here. */
export interface OutputSocket {
  readonly end: Socket;
  /** Reads until the child and all that hold the stream have closed it. Throws what `onChunk` throws. */
  read(onChunk: (chunk: Buffer) => Promise<void>): Promise<void>;
  /** Ends `read` although somebody still holds the stream. Idempotent. */
  close(): void;
}

const bufferBytes = 64 * 1024;

/**
 * Sockets whose output is read into one buffer each, again and again. The pipes that Node makes by itself allocate a new
 * buffer for every piece, and a hundred megabytes of output leave more garbage than a runtime may grow by.
 * A chunk is valid only until the promise for it settles; the child waits meanwhile. Not for Windows.
 */
export async function openOutputSockets(count: number): Promise<OutputSocket[]> {
  // A folder that only this user can enter: nobody else can connect.
  const folder = await mkdtemp(join(tmpdir(), 'haios-out-'));
  const server = createServer({ pauseOnConnect: true });
  try {
    const path = join(folder, 's');
    server.listen(path);
    await once(server, 'listening');
    const sockets: OutputSocket[] = [];
    for (let index = 0; index < count; index += 1) sockets.push(await openPair(server, path));
    return sockets;
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openPair(server: ReturnType<typeof createServer>, path: string): Promise<OutputSocket> {
  let take: (chunk: Buffer) => void = () => undefined;
  const accepted = once(server, 'connection');
  const reader = connect({
    path,
    onread: {
      buffer: Buffer.alloc(bufferBytes),
      callback: (size, buffer) => {
        take(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        return false;
      },
    },
  });
  const [[end]] = (await Promise.all([accepted, once(reader, 'connect')])) as [[Socket], unknown];
  return {
    end,
    close: () => {
      end.destroy();
      reader.destroy();
    },
    read: (onChunk) =>
      new Promise((resolve, reject) => {
        take = (chunk) => {
          onChunk(chunk).then(
            () => reader.resume(),
            (error: unknown) => {
              reader.destroy();
              reject(error instanceof Error ? error : new Error(String(error)));
            },
          );
        };
        reader.once('close', () => resolve());
        reader.once('error', () => reader.destroy());
        reader.resume();
      }),
  };
}
