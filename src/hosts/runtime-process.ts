import { fork, type ChildProcess } from 'node:child_process';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connectClient, type Client } from '../protocol/channel.ts';
import { endingOf, type Ending } from './ending.ts';
import { maxHeapMb } from './max-heap.ts';

export interface RuntimeOptions {
  /** Absolute path of dist/runtime.cjs. */
  readonly bundle: string;
  /** Runtime flags: `--db FILE`, `--port N`, `--config FILE`, `--log-level L` … */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The most its heap may have, MiB (`memory.max_heap_mb`); default: the setting's own. It ends when it needs more. */
  readonly maxHeapMb?: number;
  /** The Node to run it with; default: this process's own. */
  readonly execPath?: string;
  /** What the process writes to its standard error (start-up failures, native crashes). */
  readonly onStderr?: (text: string) => void;
}

export interface RuntimeProcess {
  readonly client: Client;
  readonly pid: number;
  /** Resolves once, when the process has ended. */
  readonly exited: Promise<Ending>;
  /** Asks it to drain and end, kills it after the grace. Idempotent. */
  stop(graceMs: number): Promise<void>;
}

/** Forks the runtime and connects a channel to it. The process is a group of its own, so that Ctrl-C reaches only the host. */
export function forkRuntime(options: RuntimeOptions): RuntimeProcess {
  const child = fork(options.bundle, options.args, {
    env: options.env,
    ...(options.execPath === undefined ? {} : { execPath: options.execPath }),
    execArgv: [`--max-old-space-size=${options.maxHeapMb ?? maxHeapMb(undefined)}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  });
  const exited = endingOf(child, (text) => options.onStderr?.(text));
  const client = connectClient(new IPCMessageReader(child), new IPCMessageWriter(child));
  void exited.then(() => client.dispose());

  let stopping: Promise<void> | undefined;
  return {
    client,
    pid: child.pid ?? -1,
    exited,
    stop: (graceMs) => (stopping ??= stop(child, client, exited, graceMs)),
  };
}

async function stop(child: ChildProcess, client: Client, exited: Promise<unknown>, graceMs: number): Promise<void> {
  client.request('shutdown', { graceMs }, graceMs).catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), graceMs + 1000);
  });
  if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
  clearTimeout(timer);
  await exited;
}
