import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connectClient } from '../../src/protocol/channel.ts';
import type { Bid } from '../support/talker.ts';
import { median, type Row } from './rows.ts';

const talker = join(import.meta.dirname, '../support/talker.ts');
const rounds = 5;
const count = 120_000;
const burst = 500;

/** Small notifications from a forked process to this one, told in bursts, until the last was heard. */
export async function benchMessages(): Promise<readonly Row[]> {
  const batched: number[] = [];
  const single: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    single.push(await perSecond('single'));
    batched.push(await perSecond('batched'));
  }
  const ratio = median(batched) / median(single);
  const common = `${count} log lines, ${burst} a turn, median of ${rounds}`;
  return [
    { what: 'messages: vscode-jsonrpc, one each', value: median(single), unit: '/s', note: common },
    {
      what: 'messages: batched, as the runtime tells its host',
      value: median(batched),
      unit: '/s',
      note: `${ratio.toFixed(1)} × vscode-jsonrpc, ${common}; must be ≥ 8 ×; what is left is JSON`,
    },
  ];
}

async function perSecond(how: Bid['how']): Promise<number> {
  const child = fork(talker, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'spawn');
  let begun = 0;
  let heard = 0;
  await new Promise<void>((resolve) => {
    const hear = (): void => {
      // From the first: how long the process took to load is not asked.
      if (heard === 0) begun = performance.now();
      heard += 1;
      if (heard === count) resolve();
    };
    const [reader, writer] = [new IPCMessageReader(child), new IPCMessageWriter(child)];
    if (how === 'batched') connectClient(reader, writer).on('log', hear);
    else {
      const connection = createMessageConnection(reader, writer);
      connection.onNotification('log', hear);
      connection.listen();
    }
    const bid: Bid = { how, count, burst };
    child.send(bid);
  });
  const seconds = (performance.now() - begun) / 1000;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
  return count / seconds;
}
