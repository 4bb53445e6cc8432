// Tells its parent as many log lines as it is bid, a burst in each turn: through our channel, or one message each with the library's own writer.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connectServer, type Handlers } from '../../src/protocol/channel.ts';
import { IpcWriter } from '../../src/runtime/ipc-writer.ts';

export interface Bid {
  readonly how: 'batched' | 'single';
  readonly count: number;
  readonly burst: number;
}

process.once('message', (bid: Bid) => void talk(bid));

/** Beyond it the channel is waited for. The library's writer never asks for that: it lets the pipe's queue grow. */
const mostWaiting = 4000;

async function talk({ how, count, burst }: Bid): Promise<void> {
  const tell = how === 'batched' ? batched() : single();
  for (let told = 0; told < count;) {
    let last = Promise.resolve();
    for (const end = Math.min(count, told + burst); told < end; told += 1) last = tell(`line ${told}`);
    await last;
    await nextTurn();
  }
}

function batched(): (line: string) => Promise<void> {
  const server = connectServer(new IPCMessageReader(process), new IpcWriter(process), {} as Handlers, () => ({
    code: 'INTERNAL',
    message: '',
  }));
  return (line) => {
    const taken = server.notify('log', { level: 'info', line });
    return server.waiting() < mostWaiting ? Promise.resolve() : taken;
  };
}

function single(): (line: string) => Promise<void> {
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  connection.listen();
  return (line) => connection.sendNotification('log', { level: 'info', line });
}
