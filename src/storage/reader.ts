import { parentPort, workerData } from 'node:worker_threads';
import { answersFrom } from './reader/answer.ts';
import { makeBackup, newestBackup } from './writer/backup.ts';
import { prepareRestore } from './writer/restore.ts';
import type { BackupAnswers, Reply, Request, ThreadData, ThreadMessage } from './thread/messages.ts';
import { toThreadError } from './thread/messages.ts';

if (parentPort === null) throw new Error('This file is the entry of the reader thread and of nothing else.');
const port = parentPort;
const data = workerData as ThreadData;
/** Asked in a thread of their own only, since they take long. */
const backups: BackupAnswers = {
  makeBackup: (at) => makeBackup(data.ledgerPath, at),
  newestBackup: () => newestBackup(data.ledgerPath)?.backup ?? null,
  prepareRestore: () => prepareRestore(data.ledgerPath),
};
const answers = new Map<string, (...params: never[]) => unknown>(Object.entries({ ...answersFrom(data), ...backups }));

port.on('message', (requests: readonly Request[]) => {
  for (const request of requests) post({ type: 'replies', replies: [answer(request)] });
});
post({ type: 'ready' });

function answer({ id, operation, params }: Request): Reply {
  try {
    const found = answers.get(operation);
    if (found === undefined) throw new Error(`There is no question ${operation}.`);
    return { id, result: found(...(params as never[])) };
  } catch (error) {
    return { id, error: toThreadError(error) };
  }
}

function post(message: ThreadMessage): void {
  port.postMessage(message);
}
