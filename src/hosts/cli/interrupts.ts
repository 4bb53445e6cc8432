/** Ctrl-C and its kin: the first asks the command to end, the second ends everything at once. */
export interface Interrupts {
  /** Aborts at the first signal. */
  readonly first: AbortSignal;
  /** What the second signal does before this process ends with 130. */
  onSecond(action: () => void): void;
  dispose(): void;
}

/** One Ctrl-C can come twice: from the terminal and from a parent that hands it on. */
const echoMs = 500;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function listenToInterrupts(): Interrupts {
  const controller = new AbortController();
  const actions: (() => void)[] = [];
  let firstAt = 0;
  const listener = (): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      return controller.abort();
    }
    if (performance.now() - firstAt < echoMs) return;
    for (const action of actions) action();
    process.exit(130);
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    first: controller.signal,
    onSecond: (action) => void actions.push(action),
    dispose: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}

/** Resolves at the first signal; never rejects. */
export function interrupted(signal: AbortSignal): Promise<'interrupted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('interrupted');
    else signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
}
