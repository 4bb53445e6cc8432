import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { ChannelError } from '../../protocol/channel.ts';
import type { HostMessage, PanelMessage, Params, ReadMethod, WireError } from '../../protocol/messages.ts';
import { panelHtml } from './panel-html.ts';
import type * as Schemas from './panel-messages.ts';
import type { RuntimeHost, RuntimeState } from './runtime-host.ts';

const panelViews = ['live', 'cost', 'budgets'] as const;
/** `budgets`: the costs, at the budgets. */
export type PanelView = (typeof panelViews)[number];
/** What the panel asks the editor to do, beside reading. */
export type PanelAction = Exclude<PanelMessage, { type: 'ready' | 'request' | 'controlTask' }>;

export function isPanelView(value: unknown): value is PanelView {
  return panelViews.some((known) => known === value);
}

const viewType = 'haios.panel';

/** The one panel of a window. It is drawn anew when it is shown again, and asks for the whole state each time. */
export class Panel implements vscode.Disposable {
  readonly #host: RuntimeHost;
  readonly #log: vscode.LogOutputChannel;
  readonly #root: vscode.Uri;
  readonly #icon: vscode.Uri;
  readonly #act: (action: PanelAction) => Promise<void>;
  readonly #subscriptions: vscode.Disposable[];
  #panel: vscode.WebviewPanel | undefined;
  #listening = false;
  #view: PanelView | undefined;

  constructor(
    host: RuntimeHost,
    log: vscode.LogOutputChannel,
    extensionUri: vscode.Uri,
    act: (action: PanelAction) => Promise<void>,
  ) {
    this.#host = host;
    this.#log = log;
    this.#root = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    this.#icon = vscode.Uri.joinPath(extensionUri, 'media', 'panel.svg');
    this.#act = act;
    this.#subscriptions = [
      host.onState.on((state) => this.#sendState(state)),
      host.onDelta.on((delta) => this.#send({ type: 'delta', delta })),
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel) => this.#adopt(panel),
      }),
    ];
  }

  open(view?: PanelView): void {
    this.#view = view;
    if (this.#panel !== undefined) {
      this.#panel.reveal();
      this.#sendView();
      return;
    }
    this.#adopt(vscode.window.createWebviewPanel(viewType, 'HAiOS', vscode.ViewColumn.Active));
  }

  dispose(): void {
    this.#panel?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    const previous = this.#panel;
    this.#panel = panel;
    this.#listening = false;
    previous?.dispose();
    panel.iconPath = this.#icon;
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#listening = false;
    });
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: [this.#root] };
    // Loaded with the panel: building the schemas would take up a good part of the extension's activation.
    const schemas = import('./panel-messages.ts');
    webview.onDidReceiveMessage((value: unknown) => schemas.then((loaded) => this.#receive(loaded, value)));
    const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(this.#root, name)).toString();
    webview.html = panelHtml({
      cspSource: webview.cspSource,
      script: file('main.js'),
      style: file('panel.css'),
      nonce: randomBytes(16).toString('hex'),
    });
  }

  #receive(schemas: typeof Schemas, value: unknown): void {
    const message = schemas.parsePanelMessage(value);
    if (message === null) {
      this.#log.warn('The panel sent a message that fits no schema; it was dropped.');
      return;
    }
    switch (message.type) {
      case 'ready':
        this.#listening = true;
        this.#sendState(this.#host.state);
        if (this.#host.state.kind === 'idle') this.#host.connect().catch(() => undefined);
        this.#sendView();
        return;
      case 'request':
        void this.#read(message.id, message.method, schemas.parseReadParams(message.method, message.params));
        return;
      case 'controlTask': {
        const { id, runId, taskId, action } = message;
        void this.#reply(id, this.#host.request('controlTask', { runId, taskId, action }));
        return;
      }
      case 'decideBudget':
        // Drawn anew whatever came of it, so that buttons work again after a decision that was refused.
        void this.#act(message).then(() => this.#sendState(this.#host.state));
        return;
      case 'cancelRun':
      case 'resumeRun':
      case 'raiseBudget':
      case 'answerApproval':
      case 'controlLane':
      case 'showTrace':
      case 'openReport':
      case 'command':
        void this.#act(message);
    }
  }

  async #read<M extends ReadMethod>(id: number, method: M, params: Params<M> | null): Promise<void> {
    if (params === null) {
      this.#send({
        type: 'failure',
        id,
        error: { code: 'USAGE', message: `“${method}” was asked with wrong parameters.` },
      });
      return;
    }
    await this.#reply(id, this.#host.request(method, params));
  }

  async #reply(id: number, answer: Promise<unknown>): Promise<void> {
    try {
      this.#send({ type: 'reply', id, result: await answer });
    } catch (error) {
      this.#send({ type: 'failure', id, error: wireError(error) });
    }
  }

  #sendState(state: RuntimeState): void {
    switch (state.kind) {
      case 'running':
        this.#send({ type: 'snapshot', snapshot: state.snapshot, readOnly: false });
        return;
      case 'lost':
        this.#send({ type: 'lost', message: state.message });
        return;
      case 'idle':
      case 'starting':
    }
  }

  #sendView(): void {
    if (this.#view === undefined || !this.#listening) return;
    this.#send({ type: 'view', view: this.#view });
    this.#view = undefined;
  }

  #send(message: HostMessage): void {
    if (this.#listening) void this.#panel?.webview.postMessage(message);
  }
}

function wireError(error: unknown): WireError {
  if (error instanceof ChannelError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
