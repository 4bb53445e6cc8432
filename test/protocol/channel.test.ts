import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { HaiosError, messageOf } from '../../src/core/errors.ts';
import { connectClient, connectServer, type Client, type Handlers, type Server } from '../../src/protocol/channel.ts';

async function settled(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}
const never = (): Promise<never> => new Promise(() => undefined);

interface Pair {
  readonly client: Client;
  readonly server: Server;
  readonly cut: () => void;
  /** How many messages the server has sent. */
  readonly messages: () => number;
}

/** Both ends over streams. `take` holds up what the server sends: a message counts as taken when it resolves. */
function pair(handlers: Partial<Handlers>, take: () => Promise<void> = () => Promise.resolve()): Pair {
  const up = new PassThrough();
  const down = new PassThrough();
  const toWire = (error: unknown) => ({
    code: error instanceof HaiosError ? error.code : ('INTERNAL' as const),
    message: messageOf(error),
  });
  const writer = new StreamMessageWriter(down);
  const write = writer.write.bind(writer);
  let messages = 0;
  writer.write = async (message) => {
    messages += 1;
    await Promise.all([write(message), take()]);
  };
  const server = connectServer(new StreamMessageReader(up), writer, handlers as Handlers, toWire);
  const client = connectClient(new StreamMessageReader(down), new StreamMessageWriter(up));
  return { client, server, cut: () => [up, down].forEach((stream) => stream.destroy()), messages: () => messages };
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

  it('tells what was told in one turn as one message, in order, to each name its listener', async () => {
    const { client, server, messages } = pair({});
    const heard: unknown[] = [];
    client.on('log', ({ line }) => heard.push(line));
    client.on('notice', ({ message }) => heard.push(message));
    void server.notify('log', { level: 'info', line: 'a' });
    void server.notify('notice', { level: 'info', code: 'BUDGET_WARNING', message: 'b', runId: null });
    const last = server.notify('log', { level: 'info', line: 'c' });
    assert.equal(server.waiting(), 3);
    await last;
    assert.equal(server.waiting(), 0);
    await server.notify('log', { level: 'info', line: 'd' });
    await settled(() => heard.length === 4);
    assert.deepEqual(heard, ['a', 'b', 'c', 'd']);
    assert.equal(messages(), 2);
    client.dispose();
  });

  it('lets no answer overtake what was told before it', async () => {
    const told = (line: string): Promise<void> => server.notify('log', { level: 'info', line });
    const { client, server } = pair({
      explain: async () => {
        void told('before');
        return 'answer';
      },
    });
    const heard: string[] = [];
    client.on('log', ({ line }) => heard.push(line));
    await client.request('explain', { callId: 'c' }).then((answer) => heard.push(answer));
    void told('after');
    await settled(() => heard.length === 3);
    assert.deepEqual(heard, ['before', 'answer', 'after']);
    client.dispose();
  });

  it('lets every listener hear its part of a message although one before it fails', async () => {
    const { client, server } = pair({});
    const heard: string[] = [];
    client.on('notice', () => {
      throw new Error('a listener’s own');
    });
    client.on('log', ({ line }) => heard.push(line));
    void server.notify('notice', { level: 'info', code: 'BUDGET_WARNING', message: '', runId: null });
    await server.notify('log', { level: 'info', line: 'after it' });
    await settled(() => heard.length === 1);
    assert.deepEqual(heard, ['after it']);
    client.dispose();
  });

  it('FAULTS 22: gathers in fewer, larger messages what a reader does not take, and says how much waits', async () => {
    const taken: (() => void)[] = [];
    const { client, server, messages } = pair({}, () => new Promise((resolve) => taken.push(resolve)));
    const heard: string[] = [];
    client.on('log', ({ line }) => heard.push(line));
    for (let n = 0; n < 2500; n += 1) {
      void server.notify('log', { level: 'info', line: `${n}` });
      if (n % 100 === 0) await nextTurn();
    }
    assert.equal(messages(), 1, 'the next waits until the first is taken');
    assert.equal(server.waiting(), 2499, 'the first had the one of the first turn');
    while (taken.length > 0) {
      taken.shift()?.();
      await nextTurn();
    }
    await settled(() => heard.length === 2500);
    assert.deepEqual(
      heard,
      Array.from({ length: 2500 }, (_, n) => `${n}`),
    );
    assert.equal(messages(), 4, 'the first, and three of at most a thousand');
    client.dispose();
  });
});
