import { openStorage } from '../../../src/storage/open.ts';
import { readerPath, writerPath } from './open.ts';
import { ask, limit, settlement } from './rows.ts';

/** A process that admits and settles, eight calls at once, and prints how long each admission took (ms). */
const [databasePath = '', name = ''] = process.argv.slice(2);
const nothing = (): void => undefined;
const storage = await openStorage({
  databasePath,
  writerPath,
  readerPath,
  newLedger: false,
  maxBuffered: 100,
  onFlush: nothing,
  onDrop: nothing,
  onHealth: nothing,
});
const limits = ['hour', 'day', 'week'].map((window) => limit(1e15, { name: window, since: 1 }));
const latencies: number[] = [];
let calls = 0;

async function lane(): Promise<void> {
  while (calls < 1_500) {
    const callId = `${name}-${calls++}`;
    const start = performance.now();
    await storage.ledger.admit(ask(callId, { runtimeId: name, runId: name, taskId: name }), limits);
    latencies.push(performance.now() - start);
    await storage.ledger.sent(callId);
    await storage.ledger.settle(callId, settlement(40));
  }
}

const start = performance.now();
await Promise.all(Array.from({ length: 8 }, lane));
const ms = performance.now() - start;
await storage.close(5000);
process.stdout.write(JSON.stringify({ latencies, ms }));
