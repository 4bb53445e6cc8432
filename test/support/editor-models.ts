import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { Emitter } from '../../src/hosts/vscode/emitter.ts';
import { LanguageModels, type LanguageModelApi } from '../../src/hosts/vscode/language-models.ts';
import type { RuntimeState } from '../../src/hosts/vscode/runtime-host.ts';
import type { HostModels } from '../../src/core/ports.ts';
import { connectClient, connectServer, type Handlers } from '../../src/protocol/channel.ts';
import type { HostModelCall } from '../../src/protocol/messages.ts';
import { HostModelCalls } from '../../src/runtime/host-models.ts';

class TextPart {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}
class ToolCallPart {
  readonly callId: string;
  readonly name: string;
  readonly input: object;
  constructor(callId: string, name: string, input: object) {
    this.callId = callId;
    this.name = name;
    this.input = input;
  }
}
class ToolResultPart {
  readonly callId: string;
  readonly content: unknown[];
  constructor(callId: string, content: unknown[]) {
    this.callId = callId;
    this.content = content;
  }
}
class ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly unknown[];
  constructor(role: 'user' | 'assistant', content: readonly unknown[]) {
    this.role = role;
    this.content = content;
  }
  static User(content: readonly unknown[]): ChatMessage {
    return new ChatMessage('user', content);
  }
  static Assistant(content: readonly unknown[]): ChatMessage {
    return new ChatMessage('assistant', content);
  }
}
class CancellationTokenSource {
  readonly #listeners = new Set<() => void>();
  readonly token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => void) => void this.#listeners.add(listener),
  };
  cancel(): void {
    if (this.token.isCancellationRequested) return;
    this.token.isCancellationRequested = true;
    for (const listener of this.#listeners) listener();
  }
  dispose(): void {
    this.#listeners.clear();
  }
}
class Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  static from(...all: readonly { dispose(): void }[]): Disposable {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }
}

export const messageParts = {
  LanguageModelTextPart: TextPart,
  LanguageModelToolCallPart: ToolCallPart,
  LanguageModelToolResultPart: ToolResultPart,
  LanguageModelChatMessage: ChatMessage,
} as unknown as LanguageModelApi;
export const textPart = (text: string): TextPart => new TextPart(text);
export const toolCallPart = (id: string, name: string, input: object): ToolCallPart =>
  new ToolCallPart(id, name, input);

/** What a model of the editor was asked. */
export interface Asked {
  readonly messages: readonly ChatMessage[];
  readonly options: { readonly tools?: readonly { name: string }[]; readonly modelOptions?: object };
  readonly token: CancellationTokenSource['token'];
}
export type Answer = (asked: Asked) => AsyncIterable<unknown> | Promise<never>;

/** Everything that a message says, as one text. */
export const textOf = ({ content }: ChatMessage): string => JSON.stringify(content);

export interface Editor {
  readonly host: HostModels & Pick<HostModelCalls, 'size' | 'setOffered' | 'take'>;
  readonly asked: Asked[];
  /** Calls that the runtime told of. */
  readonly calls: HostModelCall[];
  readonly models: LanguageModels;
  /** The models change. */
  offer(models: readonly { vendor: string; id: string }[]): void;
  /** How often the editor was asked which models there are. */
  listed(): number;
  /** The runtime's state as the window sees it. */
  state(kind: RuntimeState['kind']): void;
  close(): void;
}

/** The editor's side and the runtime's, each as it is, over a real channel; only the editor's API is made up. */
export function editorWith(answer: Answer): Editor {
  const up = new PassThrough();
  const down = new PassThrough();
  let id = 0;
  const ids = { unique: () => `call-${++id}`, traceId: () => '', spanId: () => '' };
  const handlers: Partial<Handlers> = {
    setHostModels: async ({ models }) => (host.setOffered(models), null),
    hostModelParts: ({ callId, parts }) => host.take(callId, parts),
  };
  const toWire = (error: unknown) => ({ code: 'INTERNAL' as const, message: String(error) });
  const server = connectServer(
    new StreamMessageReader(up),
    new StreamMessageWriter(down),
    handlers as Handlers,
    toWire,
  );
  const host = new HostModelCalls((...told) => void server.notify(...told), ids);
  const client = connectClient(new StreamMessageReader(down), new StreamMessageWriter(up));

  let state: RuntimeState = { kind: 'idle' };
  let listed = 0;
  let offered: readonly { vendor: string; id: string }[] = [{ vendor: 'test', id: 'fast/1' }];
  const changed = new Emitter<void>(fail);
  const asked: Asked[] = [];
  const calls: HostModelCall[] = [];
  const api = {
    ...messageParts,
    CancellationTokenSource,
    Disposable,
    lm: {
      onDidChangeChatModels: (listener: () => void) => changed.on(listener),
      selectChatModels: async (wanted: { vendor?: string; id?: string } = {}) => {
        listed += 1;
        return offered
          .filter((model) => (wanted.vendor ?? model.vendor) === model.vendor && (wanted.id ?? model.id) === model.id)
          .map((model) => ({
            ...model,
            sendRequest: async (
              messages: Asked['messages'],
              options: Asked['options'],
              token: CancellationTokenSource['token'],
            ) => {
              const request = { messages, options, token };
              asked.push(request);
              const answering = answer(request);
              return { stream: answering instanceof Promise ? await answering : answering };
            },
          }));
      },
    },
  } as unknown as LanguageModelApi;
  const onHostModelCall = new Emitter<HostModelCall>(fail);
  const onHostModelCancel = new Emitter<string>(fail);
  const onState = new Emitter<RuntimeState>(fail);
  client.on('hostModelCall', (call) => {
    calls.push(call);
    onHostModelCall.fire(call);
  });
  client.on('hostModelCancel', ({ callId }) => onHostModelCancel.fire(callId));
  const log = { debug: fail, info: fail, warn: fail, error: fail };
  const models = new LanguageModels(
    api,
    {
      get state() {
        return state;
      },
      onHostModelCall,
      onHostModelCancel,
      onState,
      tell: (method, params) => client.request(method, params),
    },
    log,
  );
  return {
    host,
    asked,
    calls,
    models,
    offer(next) {
      offered = next;
      changed.fire();
    },
    state(kind) {
      state = { kind } as RuntimeState;
      onState.fire(state);
    },
    listed: () => listed,
    close() {
      models.dispose();
      client.dispose();
      server.dispose();
    },
  };
}

/** Lets messages cross until it holds. */
export async function crossed(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

function fail(said: unknown): void {
  throw new Error(`It was not to be said: ${String(said)}`);
}
