import { Worker } from 'node:worker_threads';
import { cancelled, failed, throwIfAborted } from './failures.ts';
import type { AnswerTo, SearchAnswer, SearchRequest } from './search-protocol.ts';

export interface SearchWorkerOptions {
  /** The bundle of `search-worker.ts`, or that file itself in tests. */
  readonly searchWorkerPath: string;
  /** The longest one request may take, ms. */
  readonly searchTimeoutMs: number;
}

/**
 * Runs one request in a thread of its own, because patterns come from models and rules from files: an expression that
 * backtracks for ever blocks only that thread, which ends with the signal or the time limit. Throws CANCELLED, TOOL_FAILED.
 */
export async function callSearchWorker<R extends SearchRequest>(
  options: SearchWorkerOptions,
  request: R,
  signal: AbortSignal,
): Promise<AnswerTo<R>> {
  throwIfAborted(signal);
  const worker = new Worker(options.searchWorkerPath, {
    workerData: request,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 3 },
  });
  try {
    const answer = await settle(worker, options.searchTimeoutMs, signal);
    if (answer.op === 'failed') throw failed(answer.message);
    if (!answers(request, answer)) throw failed(`The search worker answered ${answer.op} to ${request.op}; try again.`);
    return answer;
  } finally {
    await worker.terminate();
  }
}

function answers<R extends SearchRequest>(request: R, answer: SearchAnswer): answer is AnswerTo<R> {
  return answer.op === request.op;
}

function settle(worker: Worker, timeoutMs: number, signal: AbortSignal): Promise<SearchAnswer> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => end(() => reject(cancelled()));
    const timer = setTimeout(() => {
      const seconds = Math.round(timeoutMs / 1000);
      end(() =>
        reject(
          failed(
            `It took longer than ${seconds} s and was stopped; give a simpler pattern or a narrower path or glob.`,
          ),
        ),
      );
    }, timeoutMs);
    function end(then: () => void): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      then();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', (answer: SearchAnswer) => end(() => resolve(answer)));
    worker.once('error', (error) =>
      end(() => reject(failed('The search worker failed; give a narrower path or glob.', error))),
    );
    worker.once('exit', () => end(() => reject(failed('The search worker ended without an answer; try again.'))));
  });
}
