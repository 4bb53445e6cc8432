import type { HostMessage, Params, PanelMessage, ReadMethod } from '../src/protocol/messages.ts';
import { readHostMessage } from './border.ts';
import { Pending } from './pending.ts';
import type { Timers } from './pending.ts';
import type { Outcome } from './remote.ts';

/** The panel's way to the runtime: VS Code's messages, or a browser's event stream. */
export interface Transport {
  /** True where nothing can be changed from the panel, whatever the host says. */
  readonly readOnly: boolean;
  /** Begins to listen; only checked messages arrive. */
  start(onMessage: (message: HostMessage) => void): void;
  /** Dropped by a read-only transport. */
  post(message: PanelMessage): void;
  request<M extends ReadMethod>(method: M, params: Params<M>): Promise<Outcome<unknown>>;
  /** Refused by a read-only transport. */
  controlTask(params: Params<'controlTask'>): Promise<Outcome<unknown>>;
  /** Asks for a new snapshot, after a delta was missed. */
  resync(): void;
  loadView(): unknown;
  saveView(view: unknown): void;
}

/** What VS Code gives a webview's script. */
export interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

export interface VsCodeEnvironment {
  readonly api: VsCodeApi;
  readonly listen: (onData: (data: unknown) => void) => void;
  readonly timers: Timers;
}

export function vscodeTransport({ api, listen, timers }: VsCodeEnvironment): Transport {
  const pending = new Pending(timers);
  const post = (message: PanelMessage): void => api.postMessage(message);
  return {
    readOnly: false,
    start(onMessage) {
      listen((data) => {
        const message = readHostMessage(data);
        if (!message) return;
        if (message.type === 'reply') return pending.settle(message.id, { ok: true, value: message.result });
        if (message.type === 'failure') return pending.settle(message.id, { ok: false, error: message.error });
        if (message.type === 'lost') pending.failAll(message.message);
        onMessage(message);
      });
      post({ type: 'ready' });
    },
    post,
    request: (method, params) => pending.request((id) => post({ type: 'request', id, method, params })),
    controlTask: (params) => pending.request((id) => post({ type: 'controlTask', id, ...params })),
    resync: () => post({ type: 'ready' }),
    loadView: () => api.getState(),
    saveView: (view) => api.setState(view),
  };
}
