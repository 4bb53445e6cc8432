import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../core/errors.ts';
import { unifiedDiff } from '../diff.ts';
import { findInFiles } from '../search-find.ts';
import { listFiles } from '../search-list.ts';
import { replaceInText } from '../search-replace.ts';
import type { ThreadAnswer, ThreadJob } from './jobs.ts';

/**
 * A sandbox thread's whole work: a job in, an answer out. It is a thread because patterns come from models and rules from
 * files: an expression that backtracks for ever blocks only the thread, which is ended.
 */
function answer(job: ThreadJob): ThreadAnswer {
  try {
    switch (job.op) {
      case 'list':
        return { op: 'list', text: listFiles(job) };
      case 'find':
        return { op: 'find', text: findInFiles(job) };
      case 'replace':
        return { op: 'replace', ...replaceInText(job) };
      case 'diff':
        return { op: 'diff', text: unifiedDiff(job) };
    }
  } catch (error) {
    return { op: 'failed', message: messageOf(error) };
  }
}

parentPort?.on('message', (job: ThreadJob) => parentPort?.postMessage(answer(job)));
