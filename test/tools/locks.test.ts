import assert from 'node:assert/strict';
import { PathLocks } from '../../src/tools/locks.ts';

const never = new AbortController().signal;

describe('path locks', () => {
  it('lets one in at a time, in the order they came', async () => {
    const locks = new PathLocks();
    const order: string[] = [];
    const first = await locks.acquire('/w/a', never);
    const waiting = ['b', 'c', 'd'].map(async (name) => {
      const lock = await locks.acquire('/w/a', never);
      order.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} out`);
      lock.release();
    });
    assert.deepEqual(order, []);
    first.release();
    await Promise.all(waiting);
    assert.deepEqual(order, ['b in', 'b out', 'c in', 'c out', 'd in', 'd out']);
  });

  it('keeps paths apart, and spellings of one path together', async () => {
    const locks = new PathLocks();
    await locks.acquire('/w/a', never);
    assert.ok((await locks.acquire('/w/b', never)).waitedMs >= 0);
    const abort = new AbortController();
    const other = locks.acquire('/w/A', abort.signal);
    abort.abort();
    await assert.rejects(other, { code: 'CANCELLED' });
  });

  it('gives up the place in line on an abort, and releases only once', async () => {
    const locks = new PathLocks();
    const first = await locks.acquire('/w/a', never);
    const abort = new AbortController();
    const second = locks.acquire('/w/a', abort.signal);
    const third = locks.acquire('/w/a', never);
    abort.abort();
    await assert.rejects(second, { code: 'CANCELLED' });
    first.release();
    const held = await third;
    first.release();
    let entered = false;
    const fourth = locks.acquire('/w/a', never).then((lock) => {
      entered = true;
      return lock;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(entered, false);
    held.release();
    (await fourth).release();
    assert.equal((await locks.acquire('/w/a', never)).waitedMs < 1000, true);
  });
});
