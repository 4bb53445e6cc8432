import { openStorage } from '../../../src/storage/open.ts';
import { readerPath, writerPath } from './open.ts';
import { ask, limit, settlement } from './rows.ts';

/**
 * A process of its own that spends a budget with eight calls at once, as a second window would, and says at its end what
 * it has settled. A call that is to wait asks again under its own id.
 */
const [databasePath = '', name = '', budget = '0'] = process.argv.slice(2);
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
const limits = [limit(Number(budget))];
let spent = 0;
let calls = 0;

async function lane(): Promise<void> {
  for (;;) {
    const n = calls++;
    const callId = `${name}-${n}`;
    let admission = await storage.ledger.admit(ask(callId, { runtimeId: name }), limits);
    while (admission.kind === 'wait') {
      await new Promise((resolve) => setTimeout(resolve, 1));
      admission = await storage.ledger.admit(ask(callId, { runtimeId: name }), limits);
    }
    if (admission.kind === 'refused') return;
    await storage.ledger.sent(callId);
    const nusd = 40 + (n % 61);
    await storage.ledger.settle(callId, settlement(nusd));
    spent += nusd;
  }
}

await Promise.all(Array.from({ length: 8 }, lane));
await storage.close(5000);
process.stdout.write(String(spent));
