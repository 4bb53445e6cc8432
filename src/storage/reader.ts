import { parentPort, workerData } from 'node:worker_threads';
import { answersFrom } from './reader/answer.ts';
import type { Reply, Request, ThreadData, ThreadMessage } from './thread/messages.ts';
import { toThreadError } from './thread/messages.ts';

if (parentPort === null) throw new Error('This file is the entry of the reader thread and of nothing else.');
const port = parentPort;
const answers = new Map<string, (...params: never[]) => unknown>(Object.entries(answersFrom(workerData as ThreadData)));

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
