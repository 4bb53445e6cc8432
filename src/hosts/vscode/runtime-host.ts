import { vscodeName } from '../../catalogue/settings.ts';
import { ChannelError, type Client } from '../../protocol/channel.ts';
import type {
  Hello,
  HostModelCall,
  Method,
  Notice,
  Params,
  Result,
  RunSummary,
  Welcome,
} from '../../protocol/messages.ts';
import { applyDelta, type BudgetStopView, type Snapshot, type SnapshotDelta } from '../../protocol/snapshot.ts';
import { lossOf, type Ending } from '../ending.ts';
import type { RuntimeProcess } from '../runtime-process.ts';
import { Emitter } from './emitter.ts';

export type RuntimeState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly welcome: Welcome; readonly snapshot: Snapshot }
  | { readonly kind: 'lost'; readonly message: string };

export interface HostLog {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

export interface RuntimeHostOptions {
  /** Forks a runtime; may reject. */
  readonly fork: (onStderr: (text: string) => void) => Promise<RuntimeProcess>;
  readonly hello: () => Hello;
  /** Model keys to hand over before anything else is asked. */
  readonly keys: () => Promise<readonly Params<'setKey'>[]>;
  readonly log: HostLog;
  /** Waits before each restart after a crash, ms; after the last one it stays lost until something is asked of it. */
  readonly restartDelaysMs?: readonly number[];
  /** A runtime that lived this long begins a new series of restarts, ms. */
  readonly healthyAfterMs?: number;
}

/**
 * The runtime process as a window sees it: started on the first request, restarted after a crash, its snapshot
 * kept up to date. Requests settle whatever happens to the process.
 */
export class RuntimeHost {
  readonly onState: Emitter<RuntimeState>;
  readonly onDelta: Emitter<SnapshotDelta>;
  readonly onNotice: Emitter<Notice>;
  /** Once when a run begins to wait for a budget. */
  readonly onBudgetStop: Emitter<BudgetStopView>;
  readonly onRunEnded: Emitter<RunSummary>;
  /** A call of one of the editor's models, and its end before it was answered whole (the id of the call). */
  readonly onHostModelCall: Emitter<HostModelCall>;
  readonly onHostModelCancel: Emitter<string>;
  /** Once for each series of crashes. */
  readonly onLost: Emitter<string>;

  readonly #options: RuntimeHostOptions;
  #state: RuntimeState = { kind: 'idle' };
  #process: RuntimeProcess | undefined;
  #connecting: Promise<Client> | undefined;
  #restart: NodeJS.Timeout | undefined;
  #crashes = 0;
  #disposed = false;

  constructor(options: RuntimeHostOptions) {
    this.#options = options;
    const report = (error: unknown): void => options.log.error(`A listener failed: ${String(error)}`);
    this.onState = new Emitter(report);
    this.onDelta = new Emitter(report);
    this.onNotice = new Emitter(report);
    this.onBudgetStop = new Emitter(report);
    this.onRunEnded = new Emitter(report);
    this.onHostModelCall = new Emitter(report);
    this.onHostModelCancel = new Emitter(report);
    this.onLost = new Emitter(report);
  }

  get state(): RuntimeState {
    return this.#state;
  }

  /** Null until the runtime runs, and again when it is lost. */
  get snapshot(): Snapshot | null {
    return this.#state.kind === 'running' ? this.#state.snapshot : null;
  }

  /** Starts the runtime if it does not run. Rejects with ChannelError. */
  async request<M extends Method>(method: M, params: Params<M>, timeoutMs?: number): Promise<Result<M>> {
    const client = await this.connect();
    return client.request(method, params, timeoutMs);
  }

  /** Tells a running runtime; one that is not running learns the same from `hello` and the keys when it starts. */
  async tell<M extends 'setTrust' | 'setSettings' | 'setKey' | 'setHostModels' | 'hostModelParts'>(
    method: M,
    params: Params<M>,
  ): Promise<Result<M> | null> {
    return this.#connecting === undefined ? null : (await this.#connecting).request(method, params);
  }

  connect(): Promise<Client> {
    if (this.#disposed) return Promise.reject(lost('The window is closing.'));
    if (this.#connecting !== undefined) return this.#connecting;
    clearTimeout(this.#restart);
    const connecting = this.#start();
    this.#connecting = connecting;
    connecting.catch(() => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    });
    return connecting;
  }

  /** Ends the runtime, with `graceMs` for what is under way. */
  async dispose(graceMs = 3000): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#restart);
    await this.#process?.stop(graceMs);
  }

  async #start(): Promise<Client> {
    this.#set({ kind: 'starting' });
    let stderr = '';
    let process: RuntimeProcess;
    try {
      process = await this.#options.fork((text) => {
        stderr = (stderr + text).slice(-4096);
        this.#options.log.warn(text.trimEnd());
      });
    } catch (error) {
      throw this.#failed(error);
    }
    if (this.#disposed) {
      await process.stop(0);
      throw lost('The window is closing.');
    }
    this.#process = process;
    const startedAt = performance.now();
    let asked = false;
    void process.exited.then((ending) => {
      if (this.#process === process) this.#process = undefined;
      if (asked || this.#disposed) return;
      if (performance.now() - startedAt > (this.#options.healthyAfterMs ?? 60_000)) this.#crashes = 0;
      this.#crashed(ending, stderr);
    });
    const { client } = process;
    // A process that only lost its channel can do nothing more for us: it is ended, and then counts as crashed.
    client.onClose(() => void process.stop(1000));
    const early: SnapshotDelta[] = [];
    client.on('delta', (delta) => this.#apply(client, delta, early));
    client.on('notice', (notice) => this.onNotice.fire(notice));
    client.on('budgetStop', (stop) => this.onBudgetStop.fire(stop));
    client.on('runEnded', (summary) => this.onRunEnded.fire(summary));
    client.on('hostModelCall', (call) => this.onHostModelCall.fire(call));
    client.on('hostModelCancel', ({ callId }) => this.onHostModelCancel.fire(callId));
    client.on('log', ({ level, line }) => this.#options.log[level](line));
    try {
      const welcome = await client.request('hello', this.#options.hello());
      for (const key of await this.#options.keys()) await client.request('setKey', key);
      const snapshot = await client.request('subscribe', {});
      this.#options.log.info(`Runtime ${welcome.version} (process ${process.pid}) uses ${welcome.databasePath}.`);
      this.#set({ kind: 'running', welcome, snapshot });
      for (const delta of early) this.#apply(client, delta, []);
      return client;
    } catch (error) {
      if (error instanceof ChannelError && error.code === 'RUNTIME_LOST') throw error;
      asked = true;
      void process.stop(500);
      throw this.#failed(error);
    }
  }

  #apply(client: Client, delta: SnapshotDelta, early: SnapshotDelta[]): void {
    const state = this.#state;
    if (state.kind !== 'running') {
      early.push(delta);
      if (early.length > 100) early.shift();
      return;
    }
    const next = applyDelta(state.snapshot, delta);
    if (next === state.snapshot) return;
    if (next !== 'gap') {
      this.#state = { ...state, snapshot: next };
      this.onDelta.fire(delta);
      return;
    }
    client.request('subscribe', {}).then(
      (snapshot) => {
        if (this.#state.kind === 'running') this.#set({ ...this.#state, snapshot });
      },
      (error: unknown) => this.#options.log.warn(`The snapshot could not be read again: ${String(error)}`),
    );
  }

  #crashed(ending: Ending, stderr: string): void {
    const { code, signal } = ending;
    const reason = firstLine(stderr);
    const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
    this.#options.log.error(`The runtime ended unexpectedly (${how}).${reason === '' ? '' : ` ${reason}`}`);
    this.#connecting = undefined;
    const delays = this.#options.restartDelaysMs ?? [500, 2000, 8000, 30_000];
    const delay = delays[this.#crashes];
    const first = this.#crashes === 0;
    this.#crashes += 1;
    const message = `${lossOf(ending, vscodeName('memory.max_heap_mb'))}; its runs can be resumed.`;
    this.#set({ kind: 'lost', message });
    if (first) this.onLost.fire(message);
    if (delay === undefined) {
      this.#options.log.error('The runtime is not restarted again by itself; the next command starts it.');
      this.#crashes = 0;
      return;
    }
    this.#restart = setTimeout(() => void this.connect().catch(() => undefined), delay);
  }

  #failed(error: unknown): ChannelError {
    const failure =
      error instanceof ChannelError ? error : lost(`The HAiOS runtime could not be started: ${String(error)}`);
    this.#options.log.error(failure.message);
    this.#set({ kind: 'lost', message: failure.message });
    return failure;
  }

  #set(state: RuntimeState): void {
    this.#state = state;
    this.onState.fire(state);
  }
}

function lost(message: string): ChannelError {
  return new ChannelError({ code: 'RUNTIME_LOST', message });
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}
