import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { callVariable, childEnvironment } from '../environment.ts';
import { displayName } from '../failures.ts';
import { ProcessTree } from '../process-tree.ts';
import { cutPlainText } from './plain-text.ts';

export interface ServerCommand {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to the few variables that every child process gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A tool server at work: a process group of its own, spoken to over its standard input and output. */
export interface ServerProcess {
  readonly pid: number;
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when it and all it started are gone, to how: “ended with exit code 1”. Never rejects. */
  readonly ended: Promise<string>;
  /** The end of what it printed on standard error. */
  said(): string;
  /** Closes its input, which tells it to end; after `graceMs` it is made to. Resolves when it is gone. Idempotent. */
  end(graceMs: number): Promise<void>;
  /** Ends it and all it started at once. `how` is what `ended` then says, if nothing said it before. */
  kill(how: string): void;
  /** The same without looking after it: for the moment this process exits itself. */
  killNow(): void;
}

/** Starts it in the folder. Throws an Error with one sentence when the program cannot be started. */
export async function startServerProcess(server: ServerCommand, folder: string): Promise<ServerProcess> {
  const call = randomUUID();
  // It outlives every call: each says in its request to which trace it belongs.
  const { TRACEPARENT: _trace, ...inherited } = childEnvironment(process.env, '');
  const running = execa(server.command, server.args ?? [], {
    cwd: folder,
    env: { ...inherited, ...server.env, [callVariable]: call },
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const child = running.nodeChildProcess;
  const { pid } = running;
  const { stdin: input, stdout: output, stderr } = child;
  if (pid === undefined || input === null || output === null) {
    const { code } = await running;
    throw new Error(
      code === 'ENOENT'
        ? `The program ${displayName(server.command)} was not found on the PATH.`
        : `The program ${displayName(server.command)} could not be started (${code ?? 'unknown error'}).`,
    );
  }
  const tree = new ProcessTree(pid, call);
  let said = Buffer.alloc(0);
  stderr?.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk.subarray(-saidBytes)]).subarray(-saidBytes);
  });
  // A pipe breaks when the server dies: that it died is told by `ended`.
  for (const stream of [input, output, stderr]) stream?.on('error', () => undefined);

  let how: string | null = null;
  let gone = (): void => undefined;
  const ended = new Promise<string>((resolve) => {
    gone = () => resolve(how ?? 'ended');
    child.once('exit', (code, signal) => {
      how ??= signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`;
      void (async () => {
        // What it wrote last may still be in the pipes, which a child of its may hold open.
        await Promise.race([once(child, 'close'), sleep(drainMs)]);
        await tree.end(0);
        output.destroy();
        gone();
      })();
    });
  });
  const endTree = async (graceMs: number): Promise<void> => {
    await tree.end(graceMs);
    // What cannot be killed must not hold those who wait.
    setTimeout(gone, drainMs).unref();
  };
  return {
    pid,
    input,
    output,
    ended,
    said: () => cutPlainText(said.toString('utf8').trim(), saidBytes),
    async end(graceMs) {
      how ??= 'was closed';
      input.end();
      if ((await Promise.race([ended, sleep(graceMs, null, { ref: false })])) !== null) return;
      await endTree(termGraceMs);
      await ended;
    },
    kill(reason) {
      how ??= reason;
      tree.kill();
      void endTree(0);
    },
    killNow: () => tree.kill(),
  };
}

const saidBytes = 4096;
const drainMs = 250;
const termGraceMs = 500;
