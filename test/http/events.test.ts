import assert from 'node:assert/strict';
import net from 'node:net';
import type { Snapshot } from '../../src/protocol/snapshot.ts';
import { ask, openStream, serve, snapshot, type Served, type Stream } from './fixtures.ts';

const until = async (condition: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < end, 'in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe('event stream', () => {
  let s: Served;
  const open: Stream[] = [];
  const connect = async (): Promise<Stream> => {
    const stream = await openStream(s.port);
    open.push(stream);
    return stream;
  };
  afterEach(async () => {
    for (const stream of open.splice(0)) stream.close();
    await s.stop();
  });

  it('begins with the snapshot, then sends each delta to every client', async () => {
    s = await serve();
    const [a, b] = [await connect(), await connect()];
    assert.match(a.headers['content-type'] ?? '', /^text\/event-stream/);
    for (const stream of [a, b]) {
      assert.deepEqual(await stream.next(), {
        event: 'snapshot',
        data: { type: 'snapshot', snapshot: snapshot(1), readOnly: true },
      });
    }
    s.publish({ global: { active: 1, limit: 32 } });
    s.publish({ global: { active: 2, limit: 32 } });
    for (const stream of [a, b]) {
      assert.deepEqual(await stream.next(), {
        event: 'delta',
        data: { type: 'delta', delta: { seq: 2, changed: { global: { active: 1, limit: 32 } } } },
      });
      assert.equal(((await stream.next()).data['delta'] as { seq: number }).seq, 3);
    }
  });

  it('keeps markup and line breaks inside the data', async () => {
    s = await serve({ snapshot: () => snapshot(1, '</script><img src=x>\n\ndata: {}\r\nevent: x') });
    const { data } = await (await connect()).next();
    assert.equal((data['snapshot'] as Snapshot).events[0]?.text, '</script><img src=x>\n\ndata: {}\r\nevent: x');
  });

  it('sends a snapshot when a delta was missed', async () => {
    s = await serve();
    const stream = await connect();
    await stream.next();
    for (const listener of s.listeners) listener({ seq: 5, changed: {} });
    assert.equal((await stream.next()).event, 'snapshot');
    for (const listener of s.listeners) listener({ seq: 1, changed: {} });
    s.publish({});
    assert.equal(((await stream.next()).data['delta'] as { seq: number }).seq, 2);
  });

  it('does not buffer for a client that does not read, and brings it up to date when it does', async () => {
    const filler = 'x'.repeat(200_000);
    let seq = 1;
    s = await serve({ snapshot: () => snapshot(seq, filler) });
    const slow = await connect();
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 1_000; round += 1) {
      seq += 1;
      const delta = {
        seq,
        changed: { events: [{ id: seq, at: 0, level: 'info' as const, runId: null, text: filler }] },
      };
      for (const listener of s.listeners) listener(delta);
      if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(process.memoryUsage().rss - before < 120_000_000, '200 MB of deltas were not kept');
    let messages = 0;
    let last = 0;
    while (last < 1_001) {
      const { event, data } = await slow.next();
      const next = event === 'snapshot' ? (data['snapshot'] as Snapshot).seq : (data['delta'] as { seq: number }).seq;
      assert.ok(event === 'snapshot' || next === last + 1, 'a delta fits what came before it');
      last = next;
      messages += 1;
    }
    assert.ok(messages < 500, `${messages} messages`);
  });

  it('sends no snapshot to a client that was only slow', async () => {
    s = await serve({ snapshot: () => snapshot(1, 'x'.repeat(2_000_000)) });
    const stream = await connect();
    await stream.next();
    for (const listener of s.listeners) listener({ seq: 2, changed: {} });
    assert.equal((await stream.next()).event, 'delta');
  });

  it('cuts off a client that has stopped reading for good', async () => {
    let seq = 1;
    s = await serve({ snapshot: () => snapshot(seq, 'x'.repeat(8_000_000)), times: { heartbeatMs: 10, stallMs: 50 } });
    const stalled = await connect();
    stalled.response.pause();
    assert.equal(s.server.clients(), 1);
    seq += 1;
    for (const listener of s.listeners) listener({ seq, changed: {} });
    await until(() => s.server.clients() === 0);
    assert.equal(s.listeners.size, 0);
  });

  it('says that it is still here', async () => {
    s = await serve({ times: { heartbeatMs: 5 } });
    const socket = net.connect(s.port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    socket.on('data', (chunk: string) => (text += chunk));
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => text.includes(': still here\n\n'));
    socket.destroy();
  });

  it('takes 20 clients and frees their places', async () => {
    s = await serve();
    for (let index = 0; index < 20; index += 1) assert.equal((await connect()).status, 200);
    assert.equal((await ask(s.port, '/events')).status, 503);
    assert.equal(s.listeners.size, 1);
    open.splice(0).forEach((stream) => stream.close());
    await until(() => s.server.clients() === 0);
    assert.equal(s.listeners.size, 0);
    assert.equal((await connect()).status, 200);
  });

  it('ends with the server', async () => {
    s = await serve();
    const stream = await connect();
    await stream.next();
    await s.server.close(1_000);
    await assert.rejects(stream.next(), /ended|aborted/);
    assert.equal(s.server.clients(), 0);
  });
});
