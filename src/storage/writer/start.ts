import type { MessagePort } from 'node:worker_threads';
import type { ThreadData, ThreadMessage } from '../thread/messages.ts';
import { toThreadError } from '../thread/messages.ts';
import { runLoop } from './loop.ts';
import type { WriterSettings } from './work.ts';
import { WriterWork } from './work.ts';

/** Opens both databases and serves requests. Says `failed` and listens to nothing when the history cannot be opened. */
export function startWriter(port: MessagePort, data: ThreadData, settings: WriterSettings): void {
  const send = (message: ThreadMessage): void => port.postMessage(message);
  let work: WriterWork;
  try {
    work = new WriterWork(data, settings, {
      onHealth: (health) => send({ type: 'health', health }),
      onNotice: (notice) => send({ type: 'notice', notice }),
    });
  } catch (error) {
    send({ type: 'failed', error: toThreadError(error) });
    return;
  }
  send({ type: 'health', health: work.health() });
  runLoop(port, work);
  send({ type: 'ready' });
}
