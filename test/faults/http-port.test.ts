import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isHaiosError } from '../../src/core/errors.ts';
import { ask, serve, type Served } from '../http/fixtures.ts';

/** FAULTS 7: port in use, below 1024, taken by a stranger. */
describe('fault 7: the port', () => {
  const strangers: net.Server[] = [];
  const started: Served[] = [];
  const start = async (...options: Parameters<typeof serve>): Promise<Served> => {
    const one = await serve(...options);
    started.push(one);
    return one;
  };
  const occupy = async (port: number): Promise<number | null> => {
    const server = net.createServer().listen(port, '127.0.0.1');
    const [event] = await Promise.race([once(server, 'listening').then(() => ['listening']), once(server, 'error')]);
    if (event !== 'listening') return null;
    strangers.push(server);
    return (server.address() as AddressInfo).port;
  };
  /** The first of so many ports in a row that strangers hold now. */
  const occupyRow = async (count: number): Promise<number> => {
    for (let base = 20_000; base < 40_000; base += 100) {
      const held: (number | null)[] = [];
      for (let port = base; port < base + count; port += 1) held.push(await occupy(port));
      if (!held.includes(null)) return base;
    }
    throw new Error('No row of free ports was found.');
  };
  const free = async (server: net.Server | undefined): Promise<void> => {
    server?.close();
    if (server !== undefined) await once(server, 'close');
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((one) => one.stop()));
    await Promise.all(strangers.splice(0).map(free));
  });

  it('taken: the next free one', async () => {
    const base = await occupyRow(3);
    const one = await start({ port: base });
    assert.ok(one.port > base + 2 && one.port <= base + 20, String(one.port));
    assert.equal((await ask(one.port, '/health')).status, 200);
    const two = await start({ port: base });
    assert.ok(two.port > one.port);
  });

  it('all of them taken: one clear sentence, nothing left behind', async () => {
    const base = await occupyRow(21);
    await assert.rejects(
      start({ port: base }),
      (error) => isHaiosError(error, 'PORT_INVALID') && error.message.includes(`${base} to ${base + 20}`),
    );
  });

  it('wrong: refused before anything is bound', async () => {
    for (const port of [1, 80, 1023, 65_536, -1, 8000.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(
        start({ port }),
        (error) => isHaiosError(error, 'PORT_INVALID') && error.message.includes(String(port)),
        String(port),
      );
    }
  });

  it('becomes free: it is taken over, and the port in use goes on', async () => {
    const base = await occupyRow(1);
    const one = await start({ port: base });
    const second = one.port;
    assert.notEqual(second, base);
    assert.equal(await one.server.claim(), false);
    await free(strangers.pop());
    assert.deepEqual(await Promise.all([one.server.claim(), one.server.claim()]), [true, true]);
    assert.equal(one.server.port(), base);
    assert.equal((await ask(base, '/health')).status, 200);
    assert.equal((await ask(second, '/health')).status, 200);
    await one.server.close(1_000);
    assert.equal(await occupy(base), base);
    assert.equal(await occupy(second), second);
  });

  it('is released by close and can be had again at once', async () => {
    const one = await start({ port: 0 });
    await one.server.close(1_000);
    const again = await start({ port: one.port });
    assert.equal(again.port, one.port);
  });

  it('is never open on another interface', async () => {
    const one = await start();
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of [{ address: '127.0.0.2' }, ...others]) {
      const socket = net.connect(one.port, address);
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNREFUSED', address);
    }
  });
});
