import type { EventEmitter } from 'node:events';
import type { ToolContext } from '../core/ports.ts';
import type { OverLimit, ProcessTree, TreeLimits } from './process-tree.ts';

/** Why a program is over. */
export type Ending =
  { readonly kind: 'exit' | 'timeout' | 'abort' | 'kill' } | { readonly kind: 'limit'; readonly over: OverLimit };

export interface WatchOptions extends Pick<ToolContext, 'signal' | 'onKill'> {
  readonly timeoutMs: number;
  /** Read at each sample, so that they can change while the program runs. */
  readonly limits: () => TreeLimits;
}

const maxSampleMs = 250;

/** Waits for what ends a program, and samples what it uses meanwhile: often at first, so that short programs are seen at all. */
export class ProcessWatch {
  /** Resolves with the first ending. */
  readonly ending: Promise<Ending>;
  killed = false;
  readonly #tree: ProcessTree;
  readonly #o: WatchOptions;
  readonly #takeBack: () => void;
  readonly #onAbort = (): void => this.end({ kind: 'abort' });
  readonly #timeout: NodeJS.Timeout;
  #sampling: NodeJS.Timeout | undefined;
  #resolve: (ending: Ending) => void = () => undefined;

  constructor(tree: ProcessTree, child: EventEmitter, options: WatchOptions) {
    this.#tree = tree;
    this.#o = options;
    this.ending = new Promise((resolve) => (this.#resolve = resolve));
    this.#timeout = setTimeout(() => this.end({ kind: 'timeout' }), options.timeoutMs);
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
    child.once('exit', () => this.end({ kind: 'exit' }));
    this.#takeBack = options.onKill(() => {
      this.killed = true;
      tree.kill();
      this.end({ kind: 'kill' });
    });
    this.#sample(10);
  }

  end(ending: Ending): void {
    clearTimeout(this.#timeout);
    this.#resolve(ending);
  }

  stop(): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#sampling);
    this.#o.signal.removeEventListener('abort', this.#onAbort);
    this.#takeBack();
  }

  #sample(delay: number): void {
    const over = this.#tree.sample(this.#o.limits());
    if (over !== null) {
      this.#tree.kill();
      this.end({ kind: 'limit', over });
    }
    this.#sampling = setTimeout(() => this.#sample(Math.min(delay * 2, maxSampleMs)), delay).unref();
  }
}
