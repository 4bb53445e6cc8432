import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { ErrorCode } from '../../src/catalogue/errors.ts';
import { HaiosError } from '../../src/core/errors.ts';
import type { Model } from '../../src/core/ports.ts';
import type { RemoteOptions } from '../../src/models/ai-sdk.ts';
import { createAnthropicModel } from '../../src/models/anthropic.ts';
import { createOpenAICompatibleModel } from '../../src/models/openai-compatible.ts';
import { createOpenAIModel } from '../../src/models/openai.ts';
import { callModel, request } from '../support/provider-conversation.ts';
import {
  data,
  eventStream,
  opening,
  providerKinds,
  startProviderServer,
  wholeAnswer,
  type ProviderKind,
  type ProviderServer,
} from '../support/provider-server.ts';

const key = 'sk-canary-7731';

function remote(kind: ProviderKind, baseUrl: string, change: Partial<RemoteOptions> = {}): Model {
  const options: RemoteOptions = {
    id: 'subject',
    provider: kind,
    model: kind === 'anthropic' ? 'claude-haiku-4-5' : 'gpt-5-mini',
    baseUrl,
    apiKey: key,
    maxOutputTokens: 4096,
    idleMs: 10_000,
    ...change,
  };
  switch (kind) {
    case 'openai-compatible':
      return createOpenAICompatibleModel(options);
    case 'openai':
      return createOpenAIModel(options);
    case 'anthropic':
      return createAnthropicModel(options);
  }
}

async function failureOf(model: Model): Promise<HaiosError> {
  try {
    await callModel(model, request('hello'));
  } catch (error) {
    assert.ok(error instanceof HaiosError, String(error));
    assert.ok(!JSON.stringify([error.message, error.details, String(error.cause)]).includes(key), 'no key in errors');
    assert.match(error.message, /^Model "subject" at http:\/\/127\.0\.0\.1:\d+\/v1 .*[.]$/s);
    return error;
  }
  throw new Error('The call did not fail.');
}

function expectFailure(error: HaiosError, code: ErrorCode, details: Readonly<Record<string, unknown>>): void {
  assert.equal(error.code, code, error.message);
  for (const [name, value] of Object.entries(details))
    assert.deepEqual(error.details[name], value, `${name}: ${error.message}`);
}

for (const kind of providerKinds) {
  describe(`provider faults: ${kind}`, () => {
    let server: ProviderServer;
    beforeEach(async () => {
      server = await startProviderServer();
    });
    afterEach(() => server.stop());

    const nothing = { textBytes: 0, reasoningBytes: 0, toolBytes: 0 };
    const partly = { textBytes: 7, reasoningBytes: 0, toolBytes: 0 };

    const statuses: readonly [number, Record<string, string>, ErrorCode, Record<string, unknown>][] = [
      [401, {}, 'PROVIDER_AUTH', { retryable: false, status: 401 }],
      [403, {}, 'PROVIDER_AUTH', { retryable: false, status: 403 }],
      [400, {}, 'PROVIDER_REJECTED', { retryable: false, status: 400 }],
      [404, {}, 'PROVIDER_REJECTED', { retryable: false, status: 404 }],
      [429, { 'retry-after': '7' }, 'PROVIDER_UNAVAILABLE', { retryable: true, status: 429, retryAfterMs: 7000 }],
      [429, { 'retry-after-ms': '1500' }, 'PROVIDER_UNAVAILABLE', { retryable: true, status: 429, retryAfterMs: 1500 }],
      [500, {}, 'PROVIDER_UNAVAILABLE', { retryable: true, status: 500, retryAfterMs: undefined }],
      [529, {}, 'PROVIDER_UNAVAILABLE', { retryable: true, status: 529 }],
    ];
    for (const [status, headers, code, details] of statuses) {
      it(`${status} ${JSON.stringify(headers)} is ${code}, sent once, the echoed key cut out`, async () => {
        server.answer((response) => {
          response.writeHead(status, { 'content-type': 'application/json', ...headers });
          response.end(
            JSON.stringify({ type: 'error', error: { type: 'some_error', message: `The key ${key} is odd.` } }),
          );
        });
        const error = await failureOf(remote(kind, server.baseUrl));
        expectFailure(error, code, { ...details, received: nothing, partialText: '' });
        assert.match(error.message, /The key \[key\] is odd\./);
        assert.equal(server.bodies.length, 1);
      });
    }

    it('a Retry-After date becomes a waiting time', async () => {
      server.answer((response) => {
        response.writeHead(429, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() });
        response.end();
      });
      const ms = (await failureOf(remote(kind, server.baseUrl))).details['retryAfterMs'];
      assert.ok(typeof ms === 'number' && ms > 3_500_000 && ms <= 3_600_000);
    });

    it('a refused connection is PROVIDER_UNAVAILABLE and can be tried again', async () => {
      const free = createServer().listen(0, '127.0.0.1');
      await once(free, 'listening');
      const { port } = free.address() as AddressInfo;
      free.close();
      await once(free, 'close');
      const error = await failureOf(remote(kind, `http://127.0.0.1:${port}/v1`));
      expectFailure(error, 'PROVIDER_UNAVAILABLE', { retryable: true });
      assert.match(error.message, /ECONNREFUSED/);
    });

    it('a redirect is not followed with the key', async () => {
      server.answer((response) => {
        response.writeHead(307, { location: `${server.baseUrl}/elsewhere` });
        response.end();
      });
      expectFailure(await failureOf(remote(kind, server.baseUrl)), 'PROVIDER_REJECTED', { status: 307 });
      assert.equal(server.bodies.length, 1);
    });

    it('silence before the first byte is PROVIDER_STALLED, and the connection is closed', async () => {
      server.answer(() => undefined);
      expectFailure(await failureOf(remote(kind, server.baseUrl, { idleMs: 50 })), 'PROVIDER_STALLED', {
        received: nothing,
      });
      await server.idle();
    });

    it('silence in the middle is PROVIDER_STALLED, with what was received', async () => {
      server.answer((response) => eventStream(response, opening(kind, 'partial')));
      const error = await failureOf(remote(kind, server.baseUrl, { idleMs: 500 }));
      expectFailure(error, 'PROVIDER_STALLED', { retryable: true, received: partly, partialText: 'partial' });
      await server.idle();
    });

    it('single bytes now and then do not pass for an answer', async () => {
      let dripping: NodeJS.Timeout | undefined;
      server.answer((response) => {
        eventStream(response, []);
        dripping = setInterval(() => response.write('d'), 20);
        response.on('close', () => clearInterval(dripping));
      });
      expectFailure(await failureOf(remote(kind, server.baseUrl, { idleMs: 120 })), 'PROVIDER_STALLED', {});
      await server.idle();
    });

    it('a caller that reads slowly is no stalled provider', async () => {
      const usage = { prompt_tokens: 20, completion_tokens: 5, input_tokens: 20, output_tokens: 5 };
      server.answer((response) => {
        eventStream(response, wholeAnswer(kind, { text: 'slowly', usage }));
        response.end();
      });
      const types: string[] = [];
      const model = remote(kind, server.baseUrl, { idleMs: 400 });
      for await (const event of model.stream(request('hello'), new AbortController().signal)) {
        types.push(event.type);
        if (event.type === 'text') await new Promise((resolve) => setTimeout(resolve, 600));
      }
      assert.deepEqual(types, ['text', 'finish']);
    });

    it('a reset in mid-stream is PROVIDER_UNAVAILABLE, with what was received', async () => {
      server.answer((response) => {
        eventStream(response, opening(kind, 'partial'));
        setTimeout(() => response.socket?.resetAndDestroy(), 30);
      });
      const error = await failureOf(remote(kind, server.baseUrl));
      expectFailure(error, 'PROVIDER_UNAVAILABLE', { retryable: true, received: partly, partialText: 'partial' });
    });

    it('an answer that ends without saying so is PROVIDER_PROTOCOL', async () => {
      server.answer((response) => {
        eventStream(response, opening(kind, 'partial'));
        response.end();
      });
      const error = await failureOf(remote(kind, server.baseUrl));
      expectFailure(error, 'PROVIDER_PROTOCOL', { retryable: false, received: partly, partialText: 'partial' });
    });

    const garbage: readonly [string, (response: ServerResponse) => void][] = [
      [
        'garbage for JSON',
        (response) => void (eventStream(response, ['data: {"a":\n\n', 'data: ]]]\n\n']), response.end()),
      ],
      [
        'JSON of another kind',
        (response) => void (eventStream(response, ['data: {"hello":"world"}\n\n']), response.end()),
      ],
      ['an empty answer', (response) => void (eventStream(response, []), response.end())],
      [
        'a web page',
        (response) => void (response.writeHead(200, { 'content-type': 'text/html' }), response.end('<html>')),
      ],
      ['binary noise', (response) => void (eventStream(response, []), response.end(Buffer.alloc(100_000, 255)))],
    ];
    for (const [name, answer] of garbage) {
      it(`${name} is PROVIDER_PROTOCOL`, async () => {
        server.answer(answer);
        expectFailure(await failureOf(remote(kind, server.baseUrl)), 'PROVIDER_PROTOCOL', { retryable: false });
      });
    }

    it('an endless line is PROVIDER_PROTOCOL and stops the sender', async () => {
      server.answer((response) => {
        eventStream(response, ['data: "']);
        const flood = (): void => {
          while (!response.destroyed && response.write('x'.repeat(16_384)));
        };
        response.on('drain', flood);
        flood();
      });
      const limits = { maxLineBytes: 256 * 1024, maxBytes: 1024 * 1024 };
      const error = await failureOf(remote(kind, server.baseUrl, { limits }));
      expectFailure(error, 'PROVIDER_PROTOCOL', { received: nothing });
      assert.match(error.message, /larger than 262144 bytes/);
      await server.idle();
    });

    it('an endless stream of events is PROVIDER_PROTOCOL and stops the sender', async () => {
      server.answer((response) => {
        eventStream(response, []);
        const flood = (): void => {
          while (!response.destroyed && response.write(': keep-alive\n\n'.repeat(1000)));
        };
        response.on('drain', flood);
        flood();
      });
      const limits = { maxLineBytes: 64 * 1024, maxBytes: 256 * 1024 };
      assert.match((await failureOf(remote(kind, server.baseUrl, { limits }))).message, /larger than 262144 bytes/);
      await server.idle();
    });

    it('an error event in mid-stream is classified by its type', async () => {
      server.answer((response) => {
        const error = { type: 'overloaded_error', code: 'overloaded', message: 'Overloaded' };
        const event =
          kind === 'openai'
            ? { type: 'error', sequence_number: 4, error }
            : kind === 'anthropic'
              ? { type: 'error', error }
              : { error };
        eventStream(response, [...opening(kind, 'partial'), data(event)]);
        response.end();
      });
      const error = await failureOf(remote(kind, server.baseUrl));
      expectFailure(error, 'PROVIDER_UNAVAILABLE', { retryable: true, partialText: 'partial' });
      assert.match(error.message, /Overloaded/);
    });

    it('an answer in small pieces, cut inside characters and lines, is the same answer', async () => {
      const usage = { prompt_tokens: 20, completion_tokens: 5, input_tokens: 20, output_tokens: 5 };
      const bytes = Buffer.from(wholeAnswer(kind, { text: 'größe 🙂', usage }).join(''));
      server.answer((response) => {
        eventStream(response, []);
        const send = (at: number): void => {
          if (at >= bytes.length) return void response.end();
          response.write(bytes.subarray(at, at + 7), () => setImmediate(send, at + 7));
        };
        send(0);
      });
      const turn = await callModel(remote(kind, server.baseUrl), request('hello'));
      assert.equal(turn.text, 'größe 🙂');
      assert.deepEqual(turn.finish, {
        type: 'finish',
        reason: 'stop',
        usage: { input: 20, cache_read: 0, cache_write: 0, cache_write_1h: 0, output: 5, reasoning: 0 },
        responseModel: 'answering-model',
      });
    });
  });
}
