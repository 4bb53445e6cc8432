import assert from 'node:assert/strict';
import type { HostMessage } from '../../src/protocol/messages.ts';
import { browserTransport } from '../../webview/browserTransport.ts';
import type { StreamHandlers } from '../../webview/browserTransport.ts';
import { requestTimeoutMs } from '../../webview/pending.ts';
import type { Timers } from '../../webview/pending.ts';
import { vscodeTransport } from '../../webview/transport.ts';
import type { Transport } from '../../webview/transport.ts';
import { fullSnapshot } from './fixtures.ts';

/** Time that passes only when told to. */
class FakeTimers implements Timers {
  readonly #due = new Map<number, { at: number; run: () => void }>();
  #now = 0;
  #last = 0;
  set(run: () => void, ms: number): number {
    this.#last += 1;
    this.#due.set(this.#last, { at: this.#now + ms, run });
    return this.#last;
  }
  clear(timer: number): void {
    this.#due.delete(timer);
  }
  get open(): number {
    return this.#due.size;
  }
  pass(ms: number): void {
    this.#now += ms;
    for (const [id, { at, run }] of [...this.#due]) {
      if (at > this.#now) continue;
      this.#due.delete(id);
      run();
    }
  }
}

const costs = { by: 'run', days: 7, priceAs: null } as const;

function inVsCode(): {
  transport: Transport;
  timers: FakeTimers;
  posted: unknown[];
  got: HostMessage[];
  tell: (data: unknown) => void;
} {
  const timers = new FakeTimers();
  const posted: unknown[] = [];
  const got: HostMessage[] = [];
  let tell = (_: unknown): void => assert.fail('nobody listens');
  let kept: unknown = null;
  const transport = vscodeTransport({
    api: {
      postMessage: (message) => posted.push(message),
      getState: () => kept,
      setState: (state) => void (kept = state),
    },
    listen: (onData) => void (tell = onData),
    timers,
  });
  transport.start((message) => got.push(message));
  return { transport, timers, posted, got, tell: (data) => tell(data) };
}

describe('panel: the way to VS Code', () => {
  it('listens before it says ready', () => {
    const { posted, got, tell } = inVsCode();
    assert.deepEqual(posted, [{ type: 'ready' }]);
    tell({ type: 'view', view: 'cost' });
    tell({ type: 'nonsense' });
    tell('nonsense');
    assert.deepEqual(got, [{ type: 'view', view: 'cost' }]);
  });

  it('gives each reply to its own request, once', async () => {
    const { transport, timers, posted, tell } = inVsCode();
    const first = transport.request('costs', costs);
    const second = transport.request('explain', { callId: 'c' });
    assert.deepEqual(posted.slice(1), [
      { type: 'request', id: 1, method: 'costs', params: costs },
      { type: 'request', id: 2, method: 'explain', params: { callId: 'c' } },
    ]);
    tell({ type: 'failure', id: 2, error: { code: 'CALL_NOT_FOUND', message: 'no' } });
    tell({ type: 'reply', id: 1, result: [1] });
    tell({ type: 'reply', id: 1, result: [2] });
    tell({ type: 'reply', id: 99, result: [3] });
    assert.deepEqual(await first, { ok: true, value: [1] });
    assert.deepEqual(await second, { ok: false, error: { code: 'CALL_NOT_FOUND', message: 'no' } });
    assert.equal(timers.open, 0);
  });

  it('a request settles when nobody answers, and when the runtime is lost', async () => {
    const { transport, timers, got, tell } = inVsCode();
    const silent = transport.request('costs', costs);
    timers.pass(requestTimeoutMs - 1);
    const cut = transport.request('costs', costs);
    timers.pass(1);
    const outcome = await silent;
    assert.equal(!outcome.ok && outcome.error.code, 'TIMEOUT');
    tell({ type: 'lost', message: 'gone' });
    assert.deepEqual(await cut, { ok: false, error: { code: 'RUNTIME_LOST', message: 'gone' } });
    assert.deepEqual(got, [{ type: 'lost', message: 'gone' }]);
    assert.equal(timers.open, 0);
  });

  it('what is asked of a task is answered like a question', async () => {
    const { transport, posted, tell } = inVsCode();
    const first = transport.controlTask({ runId: 'r', taskId: 't', action: 'pause' });
    const second = transport.controlTask({ runId: 'r', taskId: 't', action: 'cancel' });
    assert.deepEqual(posted.slice(1), [
      { type: 'controlTask', id: 1, runId: 'r', taskId: 't', action: 'pause' },
      { type: 'controlTask', id: 2, runId: 'r', taskId: 't', action: 'cancel' },
    ]);
    tell({ type: 'failure', id: 2, error: { code: 'RUN_NOT_FOUND', message: 'It has ended.' } });
    tell({ type: 'reply', id: 1, result: null });
    assert.deepEqual(
      [await first, await second],
      [
        { ok: true, value: null },
        { ok: false, error: { code: 'RUN_NOT_FOUND', message: 'It has ended.' } },
      ],
    );
  });

  it('keeps the view with the editor', () => {
    const { transport } = inVsCode();
    transport.saveView({ tab: 'cost' });
    assert.deepEqual(transport.loadView(), { tab: 'cost' });
  });
});

function inBrowser(
  get: (url: string) => Promise<{ ok: boolean; json: () => Promise<unknown> }> = () => new Promise(() => undefined),
): {
  transport: Transport;
  timers: FakeTimers;
  got: HostMessage[];
  streams: { handlers: StreamHandlers; closed: boolean }[];
} {
  const timers = new FakeTimers();
  const got: HostMessage[] = [];
  const streams: { handlers: StreamHandlers; closed: boolean }[] = [];
  const transport = browserTransport({
    open(url, handlers) {
      assert.equal(url, 'events');
      const stream = { handlers, closed: false };
      streams.push(stream);
      return { close: () => void (stream.closed = true) };
    },
    get,
    storage: { load: () => null, save: () => undefined },
    timers,
  });
  transport.start((message) => got.push(message));
  return { transport, timers, got, streams };
}

describe('panel: the way to the runtime in a browser', () => {
  it('reads messages from the stream and drops what is none', () => {
    const { got, streams } = inBrowser();
    const snapshot = { type: 'snapshot', snapshot: fullSnapshot(), readOnly: true } as const;
    streams[0]?.handlers.onData(JSON.stringify(snapshot));
    streams[0]?.handlers.onData('{"type":"delta","delta":{"seq":2,"changed":{}}}');
    streams[0]?.handlers.onData('{not json');
    assert.deepEqual(got, [snapshot, { type: 'delta', delta: { seq: 2, changed: {} } }]);
  });

  it('a gap takes a new stream, which begins with a new snapshot', () => {
    const { transport, streams } = inBrowser();
    transport.resync();
    assert.deepEqual(
      streams.map((stream) => stream.closed),
      [true, false],
    );
  });

  it('says that the runtime is lost, and opens a stream that is closed for good again and again, ever more slowly', () => {
    const { timers, got, streams } = inBrowser();
    streams[0]?.handlers.onError(false);
    assert.deepEqual(
      [got.length, got[0]?.type, streams.length, timers.open],
      [1, 'lost', 1, 0],
      'the browser itself tries again',
    );
    streams[0]?.handlers.onError(true);
    timers.pass(999);
    assert.equal(streams.length, 1);
    timers.pass(1);
    assert.equal(streams.length, 2);
    streams[1]?.handlers.onError(true);
    timers.pass(1000);
    assert.equal(streams.length, 2);
    timers.pass(1000);
    assert.equal(streams.length, 3);
  });

  it('asks by GET and settles on every kind of answer', async () => {
    const urls: string[] = [];
    const answers: (() => Promise<{ ok: boolean; json: () => Promise<unknown> }>)[] = [
      async () => ({ ok: true, json: async () => ['row'] }),
      async () => ({ ok: false, json: async () => ({ error: { code: 'USAGE', message: 'wrong' } }) }),
      async () => ({ ok: false, json: () => Promise.reject(new SyntaxError('no JSON')) }),
      () => Promise.reject(new TypeError('network')),
      () => Promise.reject(Object.assign(new Error('slow'), { name: 'TimeoutError' })),
    ];
    const { transport, timers } = inBrowser((url) => {
      urls.push(url);
      return (answers.shift() ?? assert.fail())();
    });
    const outcomes = [];
    for (let n = 0; n < 5; n++) outcomes.push(await transport.request('costs', costs));
    assert.equal(urls[0], `api/costs?params=${encodeURIComponent(JSON.stringify(costs))}`);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.code)),
      [['row'], 'USAGE', 'RUNTIME_LOST', 'RUNTIME_LOST', 'TIMEOUT'],
    );
    assert.equal(timers.open, 0);
  });

  it('posts nothing: it only reads', () => {
    const { transport, streams } = inBrowser();
    assert.equal(transport.readOnly, true);
    transport.post({ type: 'cancelRun', runId: 'x' });
    assert.equal(streams.length, 1);
  });

  it('refuses to steer a task, and says where it can be done', async () => {
    const { transport } = inBrowser(() => assert.fail('nothing is asked'));
    const outcome = await transport.controlTask({ runId: 'r', taskId: 't', action: 'pause' });
    assert.match(outcome.ok ? '' : outcome.error.message, /read-only: tasks are steered in the VS Code window/);
  });
});
