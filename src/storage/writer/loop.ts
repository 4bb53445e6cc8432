import type { MessagePort } from 'node:worker_threads';
import type { Reply, Request, ThreadMessage } from '../thread/messages.ts';
import { toThreadError } from '../thread/messages.ts';
import type { LedgerRequest, WriterWork } from './work.ts';
import { isLedgerRequest, isWrite } from './work.ts';
import { isHaiosError } from '../../core/errors.ts';

/** How long one look at a locked history may hold up the ledger, and how long it is tried in all. */
const sliceMs = 20;
const patienceMs = 5_000;

interface Waiting {
  readonly request: Request;
  readonly since: number;
}

/**
 * The writer thread's order of work. All messages that wait are taken at once: first the rows that were handed over
 * before, then every ledger request in one transaction (group commit), then one other request. History that another
 * process has locked is tried in slices, so that the ledger goes on meanwhile.
 */
export function runLoop(port: MessagePort, work: WriterWork): void {
  const ledgerQueue: LedgerRequest[] = [];
  let historyQueue: Waiting[] = [];
  let scheduled = false;

  const send = (message: ThreadMessage): void => port.postMessage(message);
  const reply = (replies: readonly Reply[]): void => {
    if (replies.length > 0) send({ type: 'replies', replies });
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };

  const turn = (): void => {
    scheduled = false;
    const writes = historyQueue.findIndex(({ request }) => !isWrite(request));
    const batches = historyQueue.splice(0, writes === -1 ? historyQueue.length : writes);
    const blocked = runAll(batches);
    reply(work.ledgerGroup(ledgerQueue.splice(0)));
    if (blocked.length > 0) historyQueue = [...blocked, ...historyQueue];
    else historyQueue = [...runAll(historyQueue.splice(0, 1)), ...historyQueue];
    if (historyQueue.length > 0 || ledgerQueue.length > 0) schedule();
  };

  /** Runs requests in order until one is blocked; returns that one and those after it. */
  const runAll = (waiting: readonly Waiting[]): readonly Waiting[] => {
    for (const [index, { request, since }] of waiting.entries()) {
      const outcome = attempt(request, performance.now() - since >= patienceMs);
      if (outcome === 'blocked') return waiting.slice(index);
      // Long work goes to the end of the queue after each part, so that rows need not wait for it.
      if (outcome === 'more') historyQueue.push({ request, since: performance.now() });
      else reply([outcome]);
    }
    return [];
  };

  const attempt = (request: Request, last: boolean): Reply | 'blocked' | 'more' => {
    try {
      const outcome = work.other(request, sliceMs);
      return outcome.type === 'more' ? 'more' : { id: request.id, result: outcome.result };
    } catch (error) {
      if (!last && isHaiosError(error) && error.details['fault'] === 'busy') return 'blocked';
      return { id: request.id, error: toThreadError(error) };
    }
  };

  port.on('message', (requests: readonly Request[]) => {
    for (const request of requests) {
      if (isLedgerRequest(request)) ledgerQueue.push(request);
      else historyQueue.push({ request, since: performance.now() });
    }
    schedule();
  });
}
