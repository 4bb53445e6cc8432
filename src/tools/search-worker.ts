import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import { findInFiles } from './search-find.ts';
import { listFiles } from './search-list.ts';
import type { SearchAnswer, SearchRequest } from './search-protocol.ts';
import { replaceInText } from './search-replace.ts';

/** The thread's whole work: one request in, one answer out. See `search-client.ts` for why it is a thread. */
function answer(request: SearchRequest): SearchAnswer {
  try {
    switch (request.op) {
      case 'list':
        return { op: 'list', text: listFiles(request) };
      case 'find':
        return { op: 'find', text: findInFiles(request) };
      case 'replace':
        return { op: 'replace', ...replaceInText(request) };
    }
  } catch (error) {
    return { op: 'failed', message: messageOf(error) };
  }
}

parentPort?.postMessage(answer(workerData as SearchRequest));
