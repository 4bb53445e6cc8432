import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { IpcWriter } from '../../src/runtime/ipc-writer.ts';

type Callback = (error: Error | null) => void;

class Pipe extends EventEmitter {
  readonly callbacks: Callback[] = [];
  send? = (_message: unknown, _handle: undefined, _options: undefined, callback: Callback): boolean => {
    this.callbacks.push(callback);
    return false;
  };
}

describe('the writer of a fork’s channel', () => {
  const message = { jsonrpc: '2.0' };

  it('FAULTS 22: has written when the pipe took it, and not before', async () => {
    const pipe = new Pipe();
    let written = false;
    const writing = new IpcWriter(pipe).write(message).then(() => (written = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(written, false);
    pipe.callbacks[0]?.(null);
    await writing;
  });

  it('says when all that was written is out, also when some of it was refused', async () => {
    const pipe = new Pipe();
    const writer = new IpcWriter(pipe);
    const first = writer.write(message);
    const second = assert.rejects(writer.write(message), /EPIPE/);
    let out = false;
    const written = writer.written().then(() => (out = true));
    pipe.callbacks[0]?.(null);
    await first;
    assert.equal(out, false);
    pipe.callbacks[1]?.(new Error('EPIPE'));
    await second;
    await written;
  });

  it('rejects and tells what could not be written, and that the host is gone', async () => {
    const pipe = new Pipe();
    const writer = new IpcWriter(pipe);
    const told: string[] = [];
    writer.onError(([error]) => told.push(error.message));
    writer.onClose(() => told.push('closed'));
    const writing = assert.rejects(writer.write(message), /EPIPE/);
    pipe.callbacks[0]?.(new Error('EPIPE'));
    await writing;
    pipe.emit('disconnect');
    delete pipe.send;
    await assert.rejects(writer.write(message), /host is gone/);
    assert.deepEqual(told, ['EPIPE', 'closed']);
  });
});
