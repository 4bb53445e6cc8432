import type { ChildProcess } from 'node:child_process';

/** How a runtime ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It needed more than `maxHeapMb`. */
  readonly outOfHeap: boolean;
}

/** What a runtime that ended by itself did, to be followed by what to do about its runs. */
export function lossOf({ outOfHeap }: Ending, heapSetting: string): string {
  return outOfHeap
    ? `The HAiOS runtime needed more memory than ${heapSetting} allows and ended, so raise that setting`
    : 'The HAiOS runtime ended unexpectedly';
}

/** V8's last words. How the process ends after them differs (SIGABRT, SIGTRAP, code 134), with Electron too. */
const outOfHeapWords = 'heap out of memory';
const lastWordsMs = 2000;

/** How the process ends; hands on what it writes to its standard error. Never rejects. */
export function endingOf(child: ChildProcess, onStderr: (text: string) => void): Promise<Ending> {
  const { stderr } = child;
  let outOfHeap = false;
  let tail = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail += text;
    outOfHeap ||= tail.includes(outOfHeapWords);
    tail = tail.slice(-outOfHeapWords.length);
    onStderr(text);
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null, outOfHeap }));
    child.once('exit', (code, signal) => {
      const settle = (): void => {
        clearTimeout(timer);
        resolve({ code, signal, outOfHeap });
      };
      // What it said last may come after its end; something else that holds the stream must not hold us.
      const timer = setTimeout(settle, lastWordsMs);
      if (stderr === null || stderr.readableEnded) settle();
      else stderr.once('close', settle);
    });
  });
}
