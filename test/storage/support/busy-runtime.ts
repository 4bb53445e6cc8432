import { openStorage } from '../../../src/storage/open.ts';
import { readerPath, writerPath } from './open.ts';
import { ask, cost, run, settlement, span, task } from './rows.ts';

/** A runtime that spends in four tasks at once and says each step only when it was acknowledged, until it is killed. */
const [databasePath = ''] = process.argv.slice(2);
const nothing = (): void => undefined;
const storage = await openStorage({
  databasePath,
  writerPath,
  readerPath,
  newLedger: false,
  maxBuffered: 5000,
  onFlush: nothing,
  onDrop: nothing,
  onHealth: nothing,
});
const runtimeId = 'killed';
const say = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(' ')}\n`);

await storage.runtimes.register({ runtimeId, pid: process.pid, host: 'h', version: 'v', port: null, startedAt: 1 });
storage.write([{ type: 'run', row: run('victim', { runtimeId, g: await storage.nextG() }) }]);

async function work(taskId: string): Promise<void> {
  let spent = 0;
  for (let n = 0; ; n += 1) {
    const callId = `${taskId}-${n}`;
    storage.write([
      { type: 'task', row: task(taskId, 'victim', { cost: cost(spent) }) },
      { type: 'span', row: span(`open-${callId}`, 'victim', { status: 'running', durationMs: null }), payload: null },
    ]);
    await storage.ledger.admit(ask(callId, { runtimeId, runId: 'victim', taskId, nusd: 1000 + n }), []);
    say('admitted', callId);
    await storage.ledger.sent(callId);
    await storage.ledger.settle(callId, settlement(n));
    spent += n;
    say('settled', callId, n);
    storage.write([
      { type: 'span', row: span(`open-${callId}`, 'victim'), payload: { input: 'x'.repeat(2000), output: '' } },
    ]);
    if (n % 5 !== 0) continue;
    await storage.flush();
    say('span', `open-${callId}`);
  }
}

await Promise.all(['a', 'b', 'c', 'd'].map(work));
