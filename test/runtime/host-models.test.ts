import assert from 'node:assert/strict';
import type { HostModelRequest } from '../../src/protocol/host-models.ts';
import type { Told } from '../../src/protocol/outbox.ts';
import { HostModelCalls } from '../../src/runtime/host-models.ts';

const asked: HostModelRequest = { model: 'v/m', system: '', messages: [], tools: [], maxOutputTokens: null };

function calls(): { host: HostModelCalls; told: string[] } {
  const told: string[] = [];
  let id = 0;
  const ids = { unique: () => `c${++id}`, traceId: () => '', spanId: () => '' };
  const note = (...[name, value]: Told): void => {
    told.push(`${name} ${String(Reflect.get(Object(value), 'callId'))}`);
  };
  return { host: new HostModelCalls(note, ids), told };
}

describe('calls of the host’s models', () => {
  it('are told to the host, and its parts are read in order; each is answered when it was read', async () => {
    const { host, told } = calls();
    const stream = host.stream(asked, new AbortController().signal);
    const first = stream.next();
    assert.deepEqual(told, ['hostModelCall c1']);
    const read: string[] = [];
    void host
      .take('c1', [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ])
      .then((wanted) => read.push(`first ${wanted}`));
    assert.deepEqual((await first).value, { type: 'text', text: 'a' });
    assert.deepEqual(read, []);
    assert.deepEqual((await stream.next()).value, { type: 'text', text: 'b' });
    assert.deepEqual(read, []);
    const last = stream.next();
    const end = host.take('c1', [{ type: 'end' }]);
    assert.deepEqual((await last).value, { type: 'end' });
    assert.deepEqual(read, ['first true']);
    assert.equal((await stream.next()).done, true);
    assert.equal(await end, false);
    assert.equal(host.size, 0);
    // It ended by itself: there is nothing to cancel.
    assert.deepEqual(told, ['hostModelCall c1']);
  });

  it('are cancelled at the host when the reader stops early, and drop what comes late', async () => {
    const { host, told } = calls();
    const stream = host.stream(asked, new AbortController().signal);
    const first = stream.next();
    const wanted = host.take('c1', [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    await first;
    await stream.return(undefined);
    assert.equal(await wanted, false);
    assert.deepEqual(told, ['hostModelCall c1', 'hostModelCancel c1']);
    assert.equal(await host.take('c1', [{ type: 'text', text: 'late' }]), false);
    assert.equal(host.size, 0);
  });

  it('end with CANCELLED as soon as they are aborted, whoever waits', async () => {
    const { host, told } = calls();
    const abort = new AbortController();
    const waiting = host.stream(asked, abort.signal).next();
    const suspended = host.stream(asked, abort.signal);
    const first = suspended.next();
    void host.take('c2', [{ type: 'text', text: 'a' }]);
    await first;
    abort.abort();
    await assert.rejects(waiting, { code: 'CANCELLED' });
    assert.deepEqual(told.slice(2), ['hostModelCancel c1', 'hostModelCancel c2']);
    await assert.rejects(suspended.next(), { code: 'CANCELLED' });
    await assert.rejects(host.stream(asked, abort.signal).next(), { code: 'CANCELLED' });
    assert.equal(told.length, 4);
    assert.equal(host.size, 0);
  });

  it('know no models until the host has told of them', () => {
    const { host } = calls();
    assert.equal(host.offered(), null);
    host.setOffered([{ vendor: 'v', id: 'm' }]);
    assert.deepEqual(host.offered(), [{ vendor: 'v', id: 'm' }]);
  });
});
