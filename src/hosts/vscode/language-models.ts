import type * as vscode from 'vscode';
import type { HostModelCall } from '../../protocol/messages.ts';
import { hostModelName, type HostModelPart } from '../../protocol/host-models.ts';
import { failureOf, notFound } from './language-model-errors.ts';
import { toChatMessages, toChatTools, type MessageApi } from './language-model-messages.ts';
import { PartSender } from './part-sender.ts';
import type { HostLog, RuntimeHost } from './runtime-host.ts';

export type LanguageModelApi = MessageApi & Pick<typeof vscode, 'lm' | 'CancellationTokenSource' | 'Disposable'>;
export type ModelRuntime = Pick<RuntimeHost, 'state' | 'onState' | 'onHostModelCall' | 'onHostModelCancel' | 'tell'>;

/** Most models told of; what is over is left out. */
const maxModels = 200;
const justification = 'HAiOS does the agent task that you started with it.';

/**
 * Gives the runtime the editor's own language models: tells which there are, and answers its calls. The editor asks the
 * person for consent at the first use. No call outlives its runtime, its run or this window.
 */
export class LanguageModels implements vscode.Disposable {
  readonly #api: LanguageModelApi;
  readonly #runtime: ModelRuntime;
  readonly #log: HostLog;
  readonly #calls = new Map<string, vscode.CancellationTokenSource>();
  readonly #subscriptions: vscode.Disposable;
  #changes: vscode.Disposable | null = null;

  constructor(api: LanguageModelApi, runtime: ModelRuntime, log: HostLog) {
    this.#api = api;
    this.#runtime = runtime;
    this.#log = log;
    this.#subscriptions = api.Disposable.from(
      runtime.onHostModelCall.on((call) => void this.#take(call)),
      runtime.onHostModelCancel.on((callId) => this.#calls.get(callId)?.cancel()),
      runtime.onState.on(({ kind }) => {
        if (kind === 'running') this.#begin();
        else this.#cancelAll();
      }),
    );
  }

  /** Tells a runtime that runs which models there are now; without one, no provider is started for it. Never rejects. */
  async tell(): Promise<void> {
    if (this.#runtime.state.kind !== 'running') return;
    try {
      const models = await this.#api.lm.selectChatModels();
      const told = models.slice(0, maxModels).map(({ vendor, id }) => ({ vendor, id }));
      await this.#runtime.tell('setHostModels', { models: told });
    } catch (error) {
      this.#log.warn(`The editor’s language models are not known: ${String(error)}`);
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#changes?.dispose();
    this.#cancelAll();
  }

  /** The editor's models are not touched before: that would take a good part of the extension's activation. */
  #begin(): void {
    this.#changes ??= this.#api.lm.onDidChangeChatModels(() => void this.tell());
    void this.tell();
  }

  #cancelAll(): void {
    for (const source of this.#calls.values()) source.cancel();
  }

  /** Never rejects. */
  async #take(call: HostModelCall): Promise<void> {
    const source = new this.#api.CancellationTokenSource();
    this.#calls.set(call.callId, source);
    const sender = new PartSender(async (parts) => {
      const wanted = await this.#runtime.tell('hostModelParts', { callId: call.callId, parts }).catch(() => false);
      return wanted === true;
    });
    try {
      await this.#answer(call, source.token, sender);
    } catch (error) {
      if (source.token.isCancellationRequested) return;
      await sender.add(failureOf(error, call.model));
      await sender.sent();
    } finally {
      this.#calls.delete(call.callId);
      source.cancel();
      source.dispose();
    }
  }

  async #answer(call: HostModelCall, token: vscode.CancellationToken, sender: PartSender): Promise<void> {
    const { lm } = this.#api;
    const [vendor = '', id = ''] = splitOnce(call.model);
    const [model] = await lm.selectChatModels({ vendor, id });
    if (model === undefined) {
      const offered = await lm.selectChatModels();
      await sender.add(notFound(call.model, offered.map(hostModelName)));
      return sender.sent();
    }
    const over = whenCancelled(token);
    const options: vscode.LanguageModelChatRequestOptions = {
      justification,
      tools: toChatTools(call),
      ...(call.maxOutputTokens === null ? {} : { modelOptions: { max_tokens: call.maxOutputTokens } }),
    };
    const response = await Promise.race([over, model.sendRequest(toChatMessages(call, this.#api), options, token)]);
    if (response === null) return;

    const reader = response.stream[Symbol.asyncIterator]();
    while (sender.wanted) {
      const next = await Promise.race([over, reader.next()]);
      if (next === null) return;
      if (next.done === true) break;
      const part = this.#toPart(next.value);
      if (part !== null) await Promise.race([over, sender.add(part)]);
    }
    await sender.add({ type: 'end' });
    await sender.sent();
  }

  /** Null for what the API does not have yet: it says that such parts may come. */
  #toPart(value: unknown): HostModelPart | null {
    if (value instanceof this.#api.LanguageModelTextPart) return { type: 'text', text: value.value };
    if (value instanceof this.#api.LanguageModelToolCallPart) {
      const { callId, name, input } = value;
      return { type: 'tool_call', call: { id: callId, name, arguments: input } };
    }
    return null;
  }
}

/** `VENDOR/ID`: the id may hold slashes. */
function splitOnce(name: string): readonly string[] {
  const at = name.indexOf('/');
  return [name.slice(0, at), name.slice(at + 1)];
}

function whenCancelled(token: vscode.CancellationToken): Promise<null> {
  return new Promise((resolve) => {
    if (token.isCancellationRequested) resolve(null);
    else token.onCancellationRequested(() => resolve(null));
  });
}
