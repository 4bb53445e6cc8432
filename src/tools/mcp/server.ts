import { createRequire } from 'node:module';
import type { CallToolResult } from '@modelcontextprotocol/client';
import type { McpServer } from '../../core/config.ts';
import { HaiosError, isHaiosError, messageOf } from '../../core/errors.ts';
import type { Clock, ToolContext } from '../../core/ports.ts';
import { cancelled, displayName, failed } from '../failures.ts';
import { cutPlainText, plainLine } from './plain-text.ts';
import type { CallOutcome, ListedTool, openSession, Session } from './protocol.ts';
import { RestartLimit } from './restart-limit.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';

export interface ToolServerOptions {
  readonly clock: Clock;
  readonly version: string;
  /** The bundle of `protocol.ts` (`dist/mcp.cjs`), or that file itself in tests. */
  readonly protocolPath: string;
  /** Within it a server has to start, and later to list its tools; ms, default 30,000. */
  readonly startLimitMs?: number;
  /** For the log: what happened to a server, and the end of what it printed. */
  readonly onTrouble: (message: string, printed: string) => void;
}

export interface ToolList {
  readonly tools: readonly ListedTool[];
  /** How many more there are than are used. */
  readonly leftOut: number;
}

/** A connection at work. `process` is null for a server on the network. */
interface Link {
  readonly session: Session;
  readonly process: ServerProcess | null;
  /** Null: not asked for, or changed since. */
  list: ToolList | null;
  changes: number;
}

interface Starting {
  readonly kind: 'starting';
  readonly link: Promise<Link>;
  process: ServerProcess | null;
}

type State =
  { readonly kind: 'idle' } | Starting | { readonly kind: 'up'; readonly link: Link } | { readonly kind: 'closed' };

/**
 * One configured server, started when it is first needed and again when it is needed after it ended. All runs of the
 * runtime share it; a kill ends the pending calls of all.
 */
export class ToolServer {
  readonly name: string;
  readonly #config: McpServer;
  readonly workspace: string;
  readonly #o: ToolServerOptions;
  readonly #restarts: RestartLimit;
  #state: State = { kind: 'idle' };
  #calls = 0;
  #onQuiet = (): void => undefined;
  #closing: Promise<void> | undefined;

  constructor(name: string, config: McpServer, workspace: string, options: ToolServerOptions) {
    this.name = name;
    this.#config = config;
    this.workspace = workspace;
    this.#o = options;
    this.#restarts = new RestartLimit(options.clock);
  }

  /** Its tools as it last listed them. Throws TOOL_SERVER, or CANCELLED after an abort. */
  async tools(signal: AbortSignal): Promise<ToolList> {
    const link = await unlessAborted(this.#connected(), signal);
    if (link.list !== null) return link.list;
    const changes = link.changes;
    let list: ToolList;
    try {
      list = await unlessAborted(link.session.listTools(), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const what = `did not list its tools (${plainLine(messageOf(error), 200)})`;
      if (this.#discard(link, `${what} and was killed`)) this.#restarts.failed();
      throw await this.#failure(link.process, what);
    }
    // What changed while it was listed is asked for again next time.
    if (link.changes === changes) link.list = list;
    return list;
  }

  /**
   * Calls a tool. After an abort the server is told; the call settles when its work has ended: at once if a person stopped
   * it and the server is alive, else with its answer or its end. The kill ends the server with all it started.
   * Throws TOOL_SERVER, TOOL_FAILED (the server refused the call), CANCELLED.
   */
  async call(tool: string, input: Record<string, unknown>, context: ToolContext): Promise<CallToolResult> {
    const { signal, traceparent } = context;
    this.#calls += 1;
    try {
      const link = await unlessAborted(this.#connected(), signal);
      const takeBack = context.onKill(() => {
        if (this.#discard(link, 'did not end a call in time and was killed')) this.#restarts.ended(Infinity);
      });
      const hung = (): boolean => isHaiosError(signal.reason, 'TIMEOUT');
      const outcome = await link.session
        .call({ tool, arguments: input, traceparent, signal, hung })
        .finally(() => takeBack());
      if (outcome.kind === 'result') return outcome.result;
      throw await this.#callFailure(link, outcome);
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#onQuiet();
    }
  }

  /** Closes it as soon as no call is pending. Resolves when it is gone. */
  async retire(): Promise<void> {
    if (this.#calls > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    await this.close();
  }

  /** Tells it to end, after `graceMs` makes it end; resolves when it is gone. It is not started again. Idempotent. */
  close(graceMs = closeGraceMs): Promise<void> {
    return (this.#closing ??= this.#close(graceMs));
  }

  /** For the moment this process exits itself. */
  killNow(): void {
    const state = this.#state;
    if (state.kind === 'starting') state.process?.killNow();
    if (state.kind === 'up') state.link.process?.killNow();
  }

  async #close(graceMs: number): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    switch (state.kind) {
      case 'starting':
        state.process?.kill('was closed');
        await state.process?.ended;
        break;
      case 'up':
        await (state.link.process?.end(graceMs) ?? state.link.session.close().catch(() => undefined));
        break;
      case 'idle':
      case 'closed':
        break;
    }
  }

  async #connected(): Promise<Link> {
    switch (this.#state.kind) {
      case 'closed':
        throw this.#error('was closed or its configuration changed; start the run again');
      case 'up':
        return this.#state.link;
      case 'starting':
        return this.#state.link;
      case 'idle': {
        const wait = this.#restarts.wait();
        if (wait.kind === 'given_up') {
          const seconds = Math.ceil(wait.ms / 1000);
          throw this.#error(`failed ${wait.failures} times in a row and is not started again for ${seconds} s`);
        }
        const starting: Starting = {
          kind: 'starting',
          process: null,
          link: Promise.resolve().then(() => this.#start(starting, wait.ms)),
        };
        this.#state = starting;
        return starting.link;
      }
    }
  }

  async #start(starting: Starting, waitMs: number): Promise<Link> {
    const { clock, protocolPath, version, startLimitMs: limitMs = 30_000 } = this.#o;
    const { command, url = '' } = this.#config;
    try {
      if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      const open = loadProtocol(protocolPath);
      if (this.#state !== starting) throw new Error('It was closed.');
      const startedAt = clock.monotonic();
      if (command !== undefined) {
        starting.process = await startServerProcess({ ...this.#config, command }, this.workspace);
        if (this.#state !== starting) throw new Error('It was closed.');
      }
      const { process } = starting;
      let link: Link | null = null;
      const session = await open(process === null ? { url } : { streams: process }, {
        version,
        limitMs,
        onToolsChanged() {
          if (link === null) return;
          link.changes += 1;
          link.list = null;
        },
        onClose: () => link !== null && this.#ended(link, clock.monotonic() - startedAt),
      });
      link = { session, process, list: null, changes: 0 };
      if (session.closed()) throw new Error('It ended at once.');
      if (this.#state === starting) this.#state = { kind: 'up', link };
      return link;
    } catch (error) {
      const { process } = starting;
      const what = `could not be started (${plainLine(messageOf(error), 300)})`;
      process?.kill(`${what} and was killed`);
      if (this.#state === starting) {
        this.#state = { kind: 'idle' };
        this.#restarts.failed();
      }
      const failure = await this.#failure(process, what);
      this.#o.onTrouble(failure.message, process?.said() ?? '');
      throw failure;
    }
  }

  /** A server that was up is gone. */
  #ended(link: Link, afterMs: number): void {
    if (this.#state.kind === 'up' && this.#state.link === link) {
      this.#state = { kind: 'idle' };
      this.#restarts.ended(afterMs);
    }
    if (this.#state.kind === 'closed') return;
    void this.#failure(link.process, 'closed its connection').then(({ message }) =>
      this.#o.onTrouble(message, link.process?.said() ?? ''),
    );
  }

  /** Kills what the link leads to; the next call starts a new one. False when it was gone already. */
  #discard(link: Link, how: string): boolean {
    const current = this.#state.kind === 'up' && this.#state.link === link;
    if (current) this.#state = { kind: 'idle' };
    if (link.process === null) void link.session.close().catch(() => undefined);
    else link.process.kill(how);
    return current;
  }

  async #callFailure(link: Link, outcome: Exclude<CallOutcome, { kind: 'result' }>): Promise<HaiosError> {
    switch (outcome.kind) {
      case 'aborted':
        return cancelled();
      case 'refused':
        return failed(`The tool server ${displayName(this.name)} refused: ${cutPlainText(outcome.message, 2000)}`);
      case 'lost':
        this.#discard(link, 'lost its connection and was killed');
        return this.#failure(link.process, `did not answer (${plainLine(outcome.message, 200)})`);
    }
  }

  /** A process is waited for: how it ended says more than `what` its client saw of it. */
  async #failure(process: ServerProcess | null, what: string): Promise<HaiosError> {
    return this.#error(process === null ? what : await process.ended, process?.said());
  }

  #error(what: string, printed = ''): HaiosError {
    const last = plainLine(printed.slice(-400), 300);
    const said = last === '' ? '' : ` It last printed: “${last}”.`;
    return new HaiosError('TOOL_SERVER', `The tool server ${displayName(this.name)} ${what}.${said}`);
  }
}

const closeGraceMs = 1000;

/** The work's outcome, or CANCELLED as soon as the signal is aborted: what is waited for goes on for others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  if (signal.aborted) throw cancelled();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled());
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function loadProtocol(path: string): typeof openSession {
  const module: unknown = createRequire(import.meta.url)(path);
  for (const holder of [module, Reflect.get(Object(module), 'default')]) {
    const found: unknown = Reflect.get(Object(holder), 'openSession');
    if (typeof found === 'function') return found as typeof openSession;
  }
  throw new HaiosError('INTERNAL', `The tool server protocol at "${path}" exports no openSession.`);
}
