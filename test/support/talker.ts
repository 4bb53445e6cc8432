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

async function talk({ how, count, burst }: Bid): Promise<void> {
  const tell = how === 'batched' ? batched() : single();
  for (let told = 0; told < count;) {
    let last = Promise.resolve();
    for (const end = Math.min(count, told + burst); told < end; told += 1) last = tell(`line ${told}`);
    // Both wait for what their transport says, so that neither is only filling memory.
    await last;
    await nextTurn();
  }
}

function batched(): (line: string) => Promise<void> {
  const server = connectServer(new IPCMessageReader(process), new IpcWriter(process), {} as Handlers, () => ({
    code: 'INTERNAL',
    message: '',
  }));
  return (line) => server.notify('log', { level: 'info', line });
}

function single(): (line: string) => Promise<void> {
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  connection.listen();
  return (line) => connection.sendNotification('log', { level: 'info', line });
}
