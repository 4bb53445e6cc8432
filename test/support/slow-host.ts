// A host of the flooder: says `listening` at the first line it hears, and how many it heard before it was told of dropped ones.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connectClient } from '../../src/protocol/channel.ts';

const child = fork(join(import.meta.dirname, 'flooder.ts'), [], { execArgv: [] });
const client = connectClient(new IPCMessageReader(child), new IPCMessageWriter(child));
let heard = 0;
client.on('log', ({ line }) => {
  if (line.startsWith('line')) {
    heard += 1;
    if (heard === 1) process.stdout.write('"listening"\n');
    return;
  }
  const { dropped } = JSON.parse(line) as { dropped: number };
  process.stdout.write(`${JSON.stringify({ heard, dropped })}\n`);
});
