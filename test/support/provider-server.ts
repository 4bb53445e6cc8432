import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ProviderKind = 'openai-compatible' | 'openai' | 'anthropic';
export const providerKinds: readonly ProviderKind[] = ['openai-compatible', 'openai', 'anthropic'];

export interface ProviderServer {
  /** With `/v1`. */
  readonly baseUrl: string;
  /** The bodies received, as text. */
  readonly bodies: readonly string[];
  /** Header values of the requests received. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** How the next requests are answered. */
  answer(handler: (response: ServerResponse, body: string) => void): void;
  /** Resolves when no connection is open any more. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** An HTTP server that misbehaves as it is told. */
export async function startProviderServer(): Promise<ProviderServer> {
  const bodies: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  let handler: (response: ServerResponse, body: string) => void = (response) => response.end();
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      bodies.push(body);
      headers.push(incoming.headers);
      handler(response, body);
    });
  });
  let open = 0;
  let whenIdle: (() => void)[] = [];
  server.on('connection', (socket) => {
    open += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open -= 1;
      if (open > 0) return;
      for (const resolve of whenIdle) resolve();
      whenIdle = [];
    });
  });
  server.keepAliveTimeout = 1;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    bodies,
    headers,
    answer: (next) => {
      handler = next;
    },
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function eventStream(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
}

export interface Answer {
  readonly text: string;
  /** As the provider writes it, whatever that is; undefined for none. */
  readonly usage?: unknown;
}

/** The start of an answer, up to its text, in a provider's own events. */
export function opening(kind: ProviderKind, text: string): readonly string[] {
  switch (kind) {
    case 'openai-compatible':
      return [
        data({
          id: 'c1',
          model: 'answering-model',
          choices: [{ index: 0, delta: { role: 'assistant', content: text } }],
        }),
      ];
    case 'openai':
      return [
        data({
          type: 'response.created',
          response: { id: 'r1', created_at: 1, model: 'answering-model', service_tier: null },
        }),
        data({ type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm1', phase: null } }),
        data({ type: 'response.output_text.delta', item_id: 'm1', delta: text, logprobs: null }),
      ];
    case 'anthropic':
      return [
        data({
          type: 'message_start',
          message: {
            id: 'a1',
            role: 'assistant',
            content: [],
            model: 'answering-model',
            usage: { input_tokens: 20, output_tokens: 1 },
          },
        }),
        data({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
        data({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
      ];
  }
}

/** A whole answer in a provider's own events. */
export function wholeAnswer(kind: ProviderKind, { text, usage }: Answer): readonly string[] {
  switch (kind) {
    case 'openai-compatible':
      return [
        ...opening(kind, text),
        data({ id: 'c1', model: 'answering-model', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
        data({ id: 'c1', model: 'answering-model', choices: [], usage }),
        'data: [DONE]\n\n',
      ];
    case 'openai':
      return [
        ...opening(kind, text),
        data({ type: 'response.output_item.done', output_index: 0, item: { type: 'message', id: 'm1', phase: null } }),
        data({ type: 'response.completed', response: { incomplete_details: null, usage, service_tier: null } }),
      ];
    case 'anthropic':
      return [
        ...opening(kind, text),
        data({ type: 'content_block_stop', index: 0 }),
        data({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }),
        data({ type: 'message_stop' }),
      ];
  }
}

export function data(event: object): string {
  const type: unknown = Reflect.get(event, 'type');
  return `${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
}
