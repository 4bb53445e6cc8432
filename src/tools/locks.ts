import { cancelled, throwIfAborted } from './failures.ts';

export interface HeldLock {
  /** Milliseconds between asking and getting. */
  readonly waitedMs: number;
  /** Idempotent. The next in line gets the lock at once. */
  release(): void;
}

/** One holder per path at a time, first come first served. Bounded by who asks: each worker call waits for at most one. */
export class PathLocks {
  readonly #queues = new Map<string, Waiter[]>();

  /** `real` is an absolute real path. Throws CANCELLED when the signal aborts while waiting; the place in line is given up. */
  async acquire(real: string, signal: AbortSignal): Promise<HeldLock> {
    throwIfAborted(signal);
    // Two spellings of one name on a file system that ignores case must share a lock; elsewhere it costs a short wait.
    const key = real.normalize('NFC').toLowerCase();
    const asked = performance.now();
    const queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, []);
    else await waitIn(queue, signal);
    let held = true;
    const release = (): void => {
      if (held) this.#next(key);
      held = false;
    };
    return { waitedMs: performance.now() - asked, release };
  }

  #next(key: string): void {
    const waiter = this.#queues.get(key)?.shift();
    if (waiter === undefined) this.#queues.delete(key);
    else waiter();
  }
}

type Waiter = () => void;

function waitIn(queue: Waiter[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      queue.splice(queue.indexOf(enter), 1);
      reject(cancelled());
    };
    const enter = (): void => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    queue.push(enter);
    signal.addEventListener('abort', leave, { once: true });
  });
}
