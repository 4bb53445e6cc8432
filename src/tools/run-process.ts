import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { HaiosError } from '../core/errors.ts';
import { cancelled, codeOf, displayName, failed } from './failures.ts';
import { callVariable } from './environment.ts';
import { openOutputSockets, type OutputSocket } from './output-sockets.ts';
import type { ChildCpu } from './child-cpu.ts';
import { ProcessTree, type ProcessMark, type TreeUse } from './process-tree.ts';
import { ProcessWatch, type Ending, type WatchOptions } from './process-watch.ts';
import type { ExitHooks } from './sandbox/exit-hooks.ts';

export interface ProcessOptions extends WatchOptions {
  /** The program and its arguments, passed as they are: no shell reads them. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How long a tree that was asked to end may take before it is killed. */
  readonly graceMs: number;
  readonly childCpu: ChildCpu;
  readonly exitHooks: ExitHooks;
  /** Told of the program once it runs, with what its processes carry in `HAIOS_CALL`; the returned function tells its end. */
  readonly record: (call: string, leader: ProcessMark) => () => void;
  /** Output of both streams as it comes; the program waits while this works, and the chunk is valid that long. */
  readonly onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => Promise<void>;
}

export interface ProcessResult {
  readonly ending: Ending;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Null where the platform tells nothing of it (all but Linux). */
  readonly use: TreeUse | null;
  /** False when something of the tree could not be ended. */
  readonly allGone: boolean;
}

/**
 * Runs a program in a process group of its own, with no input, and returns when it and all it started are gone: at its
 * exit, at the time limit, at the abort, at the kill, or when it passes a limit of memory or processor time, whichever is
 * first; what it left running is ended, at the latter two with SIGKILL at once. All these are results and not errors once
 * the program runs. Throws CANCELLED before that, TOOL_FAILED when it cannot be started, and whatever `onOutput` throws.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const call = randomUUID();
  const [program, ...rest] = options.argv;
  const outputs = await openOutputs();
  if (options.signal.aborted) {
    for (const output of [outputs?.stdout, outputs?.stderr]) output?.close();
    throw cancelled();
  }
  const child = execa(program, rest, {
    cwd: options.cwd,
    env: { ...options.environment, [callVariable]: call },
    extendEnv: false,
    stdin: 'ignore',
    stdout: outputs?.stdout.end ?? 'pipe',
    stderr: outputs?.stderr.end ?? 'pipe',
    buffer: false,
    reject: false,
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  outputs?.stdout.end.destroy();
  outputs?.stderr.end.destroy();
  if (child.pid === undefined) {
    outputs?.stdout.close();
    outputs?.stderr.close();
    throw notStarted(program, (await child).code);
  }
  const tree = new ProcessTree(child.pid, call);
  let waitedSeconds = 0;
  const collect = options.childCpu.begin(child.pid, () => tree.seenCpu());
  child.nodeChildProcess.once('exit', () => (waitedSeconds = collect()));
  const forget = tree.mark === null ? () => undefined : options.record(call, tree.mark);
  // The moment this process exits itself is the last one to end what it started.
  const takeBack = options.exitHooks.add(() => {
    tree.kill();
    forget();
  });
  const watch = new ProcessWatch(tree, child.nodeChildProcess, options);
  try {
    const stdout = outputs?.stdout ?? pipeOutput(child.stdout);
    const stderr = outputs?.stderr ?? pipeOutput(child.stderr);
    const pumped = Promise.all([
      stdout.read((chunk) => options.onOutput(chunk, 'stdout')),
      stderr.read((chunk) => options.onOutput(chunk, 'stderr')),
    ]);
    // Its error is thrown below, where the streams are awaited, once the tree is gone.
    pumped.then(
      // Most programs close their output by ending: this is the last moment at which they can be looked at.
      () => void tree.sample(options.limits()),
      () => watch.end({ kind: 'abort' }),
    );
    const ending = await watch.ending;
    tree.sample(options.limits());
    const allGone = await tree.end(options.graceMs);
    tree.sample(options.limits());
    // Something that holds the streams and could not be ended must not hold us.
    const release = setTimeout(() => [stdout, stderr].forEach((output) => output.close()), pipeGraceMs);
    const [result] = await Promise.all([child, pumped]).finally(() => clearTimeout(release));
    return {
      ending: watch.killed ? { kind: 'kill' } : ending,
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      use: process.platform === 'linux' ? tree.use(waitedSeconds) : null,
      allGone,
    };
  } finally {
    watch.stop();
    takeBack();
    forget();
  }
}

const pipeGraceMs = 2000;

/** Null where Node's own pipes have to do: on Windows, or when no socket can be made. */
async function openOutputs(): Promise<{ stdout: OutputSocket; stderr: OutputSocket } | null> {
  if (process.platform === 'win32') return null;
  try {
    const [stdout, stderr] = await openOutputSockets(2);
    return stdout === undefined || stderr === undefined ? null : { stdout, stderr };
  } catch {
    return null;
  }
}

function pipeOutput(stream: Readable | null): Pick<OutputSocket, 'read' | 'close'> {
  return {
    close: () => void stream?.destroy(),
    async read(onChunk) {
      try {
        for await (const chunk of stream ?? []) await onChunk(chunk as Buffer);
      } catch (error) {
        if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
      }
    },
  };
}

function notStarted(program: string, code: string | undefined): HaiosError {
  const name = displayName(program);
  switch (code) {
    case 'ENOENT':
      return failed(
        `The program ${name} was not found; give one that is on the PATH, or a path to it from the folder it runs in.`,
      );
    case 'EACCES':
      return failed(`The program ${name} may not be executed; give another one.`);
    case 'E2BIG':
      return failed(`The arguments of ${name} are too long for the system; give fewer.`);
    default:
      return failed(`The program ${name} could not be started (${code ?? 'unknown error'}).`);
  }
}
