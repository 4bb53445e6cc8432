import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadData } from './thread/messages.ts';
import { connect } from './writer/connection.ts';
import { startWriter } from './writer/start.ts';

if (parentPort === null) throw new Error('This file is the entry of the writer thread and of nothing else.');
startWriter(parentPort, workerData as ThreadData, { connect, ledgerWaitMs: 5_000 });
