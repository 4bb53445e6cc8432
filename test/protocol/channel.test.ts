import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { HaiosError, messageOf } from '../../src/core/errors.ts';
import { connectClient, connectServer, type Client, type Handlers, type Server } from '../../src/protocol/channel.ts';

const never = (): Promise<never> => new Promise(() => undefined);

function pair(handlers: Partial<Handlers>): { client: Client; server: Server; cut: () => void } {
  const up = new PassThrough();
  const down = new PassThrough();
  const toWire = (error: unknown) => ({
    code: error instanceof HaiosError ? error.code : ('INTERNAL' as const),
    message: messageOf(error),
  });
  const server = connectServer(
    new StreamMessageReader(up),
    new StreamMessageWriter(down),
    handlers as Handlers,
    toWire,
  );
  const client = connectClient(new StreamMessageReader(down), new StreamMessageWriter(up));
  return { client, server, cut: () => [up, down].forEach((stream) => stream.destroy()) };
}

describe('the channel', () => {
  it('answers a request, and hands an error on with its code and sentence', async () => {
    const { client } = pair({
      explain: async ({ callId }) => `about ${callId}`,
      run: () => Promise.reject(new HaiosError('RUN_NOT_FOUND', 'There is no run “7”.')),
      models: () => Promise.reject(new TypeError('oops')),
    });
    assert.equal(await client.request('explain', { callId: 'c' }), 'about c');
    await assert.rejects(client.request('run', { run: '7' }), {
      code: 'RUN_NOT_FOUND',
      message: 'There is no run “7”.',
    });
    await assert.rejects(client.request('models', {}), { code: 'INTERNAL', message: 'oops' });
    client.dispose();
  });

  it('settles a request that nobody answers', async () => {
    const { client } = pair({ run: () => never() });
    await assert.rejects(client.request('run', { run: '7' }, 20), { code: 'TIMEOUT' });
    client.dispose();
  });

  it('settles every pending request when it ends, tells it once, and refuses what comes after', async () => {
    const { client, cut } = pair({ run: () => never() });
    let ends = 0;
    client.onClose(() => (ends += 1));
    const pending = [1, 2, 3].map((n) =>
      assert.rejects(client.request('run', { run: `${n}` }), { code: 'RUNTIME_LOST' }),
    );
    cut();
    await Promise.all(pending);
    await assert.rejects(client.request('models', {}), { code: 'RUNTIME_LOST' });
    client.dispose();
    assert.equal(ends, 1);
    client.onClose(() => (ends += 1));
    assert.equal(ends, 2, 'who asks later is told at once');
  });

  it('tells notifications, and swallows those to a client that is gone', async () => {
    const { client, server, cut } = pair({});
    const heard = new Promise((resolve) => client.on('log', resolve));
    await server.notify('log', { level: 'info', line: 'hello' });
    assert.deepEqual(await heard, { level: 'info', line: 'hello' });
    cut();
    await server.notify('log', { level: 'info', line: 'nobody' });
  });
});
