import type { ExitCode } from '../../catalogue/cli.ts';
import { exitCodes } from '../../catalogue/cli.ts';
import { ChannelError } from '../../protocol/channel.ts';
import type { Client } from '../../protocol/channel.ts';
import type { RuntimeView } from '../../protocol/snapshot.ts';
import { oneLine } from '../../protocol/text.ts';
import { lossOf, type Ending } from '../ending.ts';
import { forkRuntime } from '../runtime-process.ts';
import { checkAddress, checkConfig, checkDatabase, checkPort, checkUrl } from './checks.ts';
import { CliError, usage } from './cli-error.ts';
import type { Context } from './context.ts';
import { readMaxHeapMb } from './heap-limit.ts';
import { findNode, findRuntime } from './installation.ts';
import { interrupted } from './interrupts.ts';

export interface Session {
  readonly client: Client;
  readonly runtime: RuntimeView;
  /** Resolves when the runtime is gone, whoever ended it, with what to say if nobody meant to: no full stop. */
  readonly ended: Promise<string>;
  /** Asks the runtime to drain and end. Idempotent. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly workspace: string | null;
  /** Whether the command needs panel and metrics. */
  readonly http: boolean;
  /** A person can be asked at a budget’s limit; false when it is left out. */
  readonly attended?: boolean;
  readonly prepare?: (client: Client) => void;
}

const graceMs = 10_000;

/** Starts a runtime with the command line's flags and greets it. Throws CliError or ChannelError. */
export async function openSession(context: Context, options: SessionOptions): Promise<Session> {
  const args = await runtimeArguments(context, options.http);
  const bundle = findRuntime(context.folder, context.env);
  const execPath = findNode(context.folder, process.versions.node, process.execPath);
  let stderr = '';
  const maxHeapMb = await readMaxHeapMb(context.values.get('config'), options.workspace);
  const runtime = forkRuntime({
    bundle,
    args,
    maxHeapMb,
    env: context.env,
    execPath,
    onStderr: (text) => {
      stderr = (stderr + text).slice(-4000);
    },
  });
  let alive = runtime.pid > 0;
  void runtime.exited.then(() => {
    alive = false;
  });
  context.interrupts.onSecond(() => {
    if (alive) process.kill(runtime.pid, 'SIGKILL');
  });
  forwardRemarks(runtime.client, context);
  options.prepare?.(runtime.client);
  const opened = greet(runtime.client, options);
  try {
    const view = await Promise.race([opened, interrupted(context.interrupts.first).then(() => stopped())]);
    return {
      client: runtime.client,
      runtime: view,
      ended: runtime.exited.then((ending) => lossOf(ending, 'memory.max_heap_mb')),
      close: () => runtime.stop(graceMs),
    };
  } catch (error) {
    opened.catch(() => undefined);
    await runtime.stop(2000);
    const ending = await runtime.exited;
    if (error instanceof ChannelError && error.code === 'RUNTIME_LOST') throw startError(stderr, ending);
    throw error;
  }
}

/** Resolves when everything is open. */
async function greet(client: Client, { workspace, attended = false }: SessionOptions): Promise<RuntimeView> {
  const workspaces = workspace === null ? [] : [workspace];
  await client.request('hello', { host: 'cli', attended, workspaces, trusted: true, settings: {} });
  return client.request('runtime', {});
}

/** Runs `work` with a session that is closed whatever happens; the first Ctrl-C ends it with CANCELLED. */
export async function withSession<T>(
  context: Context,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(context, options);
  try {
    const working = work(session);
    working.catch(() => undefined);
    return await Promise.race([working, interrupted(context.interrupts.first).then(() => stopped())]);
  } finally {
    await session.close();
  }
}

function stopped(): never {
  throw new CliError('CANCELLED', 'Stopped.');
}

/** The runtime ended before it answered: what it said last, with its own exit code. */
function startError(stderr: string, ending: Ending): CliError {
  const { code } = ending;
  if (ending.outOfHeap) return new CliError('RUNTIME_LOST', `${lossOf(ending, 'memory.max_heap_mb')}.`, 1);
  const said = stderr.split('\n').findLast((line) => line.trim() !== '' && !/^\s+at |^\s*[\^}]|^Node\.js v/.test(line));
  const how = code === null ? 'killed' : `exit code ${code}`;
  return new CliError(
    'RUNTIME_LOST',
    said === undefined
      ? `The runtime ended at once (${how}) and said nothing; start it again with --log-level debug.`
      : oneLine(said.replace(/^haios: |^(?:Uncaught )?\w*Error: /, ''), 500),
    code !== null && code !== 0 && code in exitCodes ? (code as ExitCode) : 1,
  );
}

async function runtimeArguments({ values }: Context, http: boolean): Promise<readonly string[]> {
  const args: string[] = [];
  const add = async (
    flag: 'db' | 'port' | 'config' | 'log-level' | 'otlp-endpoint' | 'listen',
    check: (text: string) => string | Promise<string>,
  ): Promise<void> => {
    const value = values.get(flag);
    if (value !== null) args.push(`--${flag}`, await check(value));
  };
  await add('port', checkPort);
  await add('otlp-endpoint', checkUrl);
  await add('listen', checkAddress);
  await add('log-level', (level) => level);
  await add('config', checkConfig);
  await add('db', checkDatabase);
  const hosts = values.all('allow-host');
  if (values.has('listen') !== hosts.length > 0)
    throw usage('--listen and --allow-host go together; give both or neither.');
  for (const host of hosts) args.push('--allow-host', host);
  if (values.has('new-ledger')) args.push('--new-ledger');
  if (!http) args.push('--no-http');
  return args;
}

function forwardRemarks(client: Client, { values, terminal }: Context): void {
  if (values.has('quiet')) return;
  if (values.has('log-level')) client.on('log', ({ line }) => terminal.say(line.trimEnd()));
}
