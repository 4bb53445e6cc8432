import {
  Client,
  ProtocolError,
  SdkError,
  StreamableHTTPClientTransport,
  TRACEPARENT_META_KEY,
  type CallToolResult,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { StreamTransport, type MessageStreams } from './stream-transport.ts';

// A bundle of its own, loaded by `server.ts` when the first server is needed: errors of it are of classes of its own.

export type ServerAddress = { readonly streams: MessageStreams } | { readonly url: string };

export interface SessionOptions {
  readonly version: string;
  /** Within it the server has to introduce itself; later, to list its tools. */
  readonly limitMs: number;
  /** The server says that its tools are others now. */
  readonly onToolsChanged: () => void;
  /** Nothing more will come. */
  readonly onClose: () => void;
}

/** A tool as its server describes it: hostile text, but for the bounds. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  /** A JSON Schema with `type: 'object'`. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface CallRequest {
  readonly tool: string;
  readonly arguments: Record<string, unknown>;
  readonly traceparent: string;
  readonly signal: AbortSignal;
  /** After the abort: whether the work counts as hung, so that only its answer or the server's end proves that it ended. */
  readonly hung: () => boolean;
}

export type CallOutcome =
  | { readonly kind: 'result'; readonly result: CallToolResult }
  /** The server answered with an error. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The server or the connection to it broke before there was an answer. */
  | { readonly kind: 'lost'; readonly message: string }
  /** The call was aborted, and its work has ended. */
  | { readonly kind: 'aborted' };

export interface Session {
  /** Every tool, up to a bound; `leftOut` counts the rest. Throws an Error with why it could not. */
  listTools(): Promise<{ readonly tools: readonly ListedTool[]; readonly leftOut: number }>;
  /** Nothing more will come. */
  closed(): boolean;
  /** Never throws. */
  call(request: CallRequest): Promise<CallOutcome>;
  close(): Promise<void>;
}

/** Introduces the two to each other. Throws an Error when the server does not, or not in time. */
export async function openSession(address: ServerAddress, options: SessionOptions): Promise<Session> {
  const transport =
    'url' in address ? new StreamableHTTPClientTransport(new URL(address.url)) : new StreamTransport(address.streams);
  const answers = new Answers(transport);
  const client = new Client({ name: 'haios', version: options.version });
  let closed = false;
  client.onclose = () => {
    closed = true;
    answers.close();
    options.onClose();
  };
  // What is wrong with single messages is told by the calls that miss an answer.
  client.onerror = () => undefined;
  client.setNotificationHandler('notifications/tools/list_changed', () => options.onToolsChanged());
  await client.connect(transport, { timeout: options.limitMs });
  return {
    closed: () => closed,
    listTools: () => listTools(client, options.limitMs),
    async call({ tool, arguments: given, traceparent, signal, hung }) {
      if (signal.aborted) return { kind: 'aborted' };
      const params = { name: tool, arguments: given, _meta: { [TRACEPARENT_META_KEY]: traceparent } };
      // Not `callTool`: it would run the patterns of the server's own output schema in this process.
      const answer = client.request({ method: 'tools/call', params }, { signal, timeout: noLimitMs });
      const answered = answers.toLastRequest();
      try {
        return { kind: 'result', result: await answer };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!signal.aborted) {
          const answeredWrong = error instanceof ProtocolError || (error instanceof SdkError && !('url' in address));
          const lost = closed || !answeredWrong;
          return { kind: lost ? 'lost' : 'refused', message };
        }
        // A cancelled request gets no answer. A server that answers something else has at least heard of it.
        const heard = hung() ? answered : client.ping({ timeout: noLimitMs }).catch(() => answered);
        await Promise.race([answered, heard]);
        return { kind: 'aborted' };
      } finally {
        answers.forget(answered);
      }
    },
    close: () => client.close(),
  };
}

const noLimitMs = 2 ** 31 - 1;
const maxTools = 100;
const maxPages = 20;
const maxNameLength = 200;
const maxSchemaLength = 16 * 1024;

async function listTools(client: Client, limitMs: number): ReturnType<Session['listTools']> {
  if (client.getServerCapabilities()?.tools === undefined) return { tools: [], leftOut: 0 };
  const signal = AbortSignal.timeout(limitMs);
  const tools = new Map<string, ListedTool>();
  let leftOut = 0;
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const listed = await client.request({ method: 'tools/list', params }, { signal, timeout: limitMs });
    for (const { name, description, inputSchema } of listed.tools) {
      const usable = name.length <= maxNameLength && JSON.stringify(inputSchema).length <= maxSchemaLength;
      if (!usable || tools.has(name) || tools.size === maxTools) leftOut += 1;
      else
        tools.set(name, { name, description: (description ?? '').slice(0, maxSchemaLength), parameters: inputSchema });
    }
    cursor = listed.nextCursor;
    if (cursor === undefined || tools.size === maxTools) break;
  }
  return { tools: [...tools.values()], leftOut };
}

/** Watches which requests are answered, also those that the client was told to give up. */
class Answers {
  readonly #waiting = new Map<unknown, { readonly promise: Promise<void>; readonly resolve: () => void }>();
  #last: unknown = null;

  constructor(transport: Transport) {
    transport.onmessage = (message: JSONRPCMessage) => {
      if (!('method' in message)) this.#waiting.get(message.id)?.resolve();
    };
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      if ('method' in message && 'id' in message) this.#last = message.id;
      return send(message, options);
    };
  }

  /** Resolves when the request that was sent last is answered or nothing more will be. */
  toLastRequest(): Promise<void> {
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => (resolve = settle));
    this.#waiting.set(this.#last, { promise, resolve });
    return promise;
  }

  forget(promise: Promise<void>): void {
    for (const [id, waiting] of this.#waiting) if (waiting.promise === promise) this.#waiting.delete(id);
  }

  close(): void {
    for (const { resolve } of this.#waiting.values()) resolve();
  }
}
