// Tells its host log lines without end until the host takes none for a while; then says on standard error how many it told and how many wait.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { IPCMessageReader } from 'vscode-jsonrpc/node';
import { connectServer, type Handlers } from '../../src/protocol/channel.ts';
import { createTell } from '../../src/runtime/host-teller.ts';
import { IpcWriter } from '../../src/runtime/ipc-writer.ts';

const toWire = () => ({ code: 'INTERNAL' as const, message: '' });
const server = connectServer(new IPCMessageReader(process), new IpcWriter(process), {} as Handlers, toWire);
const tell = createTell(server, () => Date.now());
server.onClose(() => process.exit(0));

let told = 0;
for (let stuckFor = 0; stuckFor < 2000;) {
  stuckFor = server.waiting() >= 500 ? stuckFor + 1 : 0;
  for (let n = 0; n < 500; n += 1) tell('log', { level: 'info', line: `line ${(told += 1)}` });
  await nextTurn();
}
process.stderr.write(`${JSON.stringify({ told, waiting: server.waiting() })}\n`);
