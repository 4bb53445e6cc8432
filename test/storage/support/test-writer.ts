import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { ThreadData } from '../../../src/storage/thread/messages.ts';
import type { Connect, Durability } from '../../../src/storage/writer/connection.ts';
import { connect } from '../../../src/storage/writer/connection.ts';
import { startWriter } from '../../../src/storage/writer/start.ts';
import type { TestOrder } from './test-orders.ts';

/**
 * The real writer thread with the real files, except that a test may tell it that its disk is full (SQLite then
 * fails with the very code of a full disk), ask for the settings of its connections, or end it.
 */
if (parentPort === null) throw new Error('This is the entry of a thread.');
const data = workerData as ThreadData;
const connections = new Map<Durability, Database>();
const orders = new BroadcastChannel(data.databasePath);
let full = false;

const limited: Connect = (path, durability) => {
  const db = connect(path, durability);
  connections.set(durability, db);
  if (full) db.pragma('max_page_count = 1');
  return db;
};

orders.onmessage = (event: unknown): void => {
  const order = (event as { data: TestOrder }).data;
  if (order.type === 'answer') return;
  const open = [...connections].filter(([, db]) => db.open);
  switch (order.type) {
    case 'fill':
    case 'free':
      full = order.type === 'fill';
      for (const [, db] of open) db.pragma(`max_page_count = ${full ? 1 : 1073741823}`);
      break;
    case 'settings':
      break;
    case 'crash':
      setImmediate(() => {
        throw new Error('the test ended the thread');
      });
      break;
  }
  const settings: Record<string, number> = {};
  for (const [durability, db] of open) settings[durability] = Number(db.pragma('synchronous', { simple: true }));
  orders.postMessage({ type: 'answer', settings } satisfies TestOrder);
};

startWriter(parentPort, data, { connect: limited, ledgerWaitMs: 200 });
