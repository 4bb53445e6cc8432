export interface IdleWatch {
  /** Runs the clock while the caller waits for the provider, and only then: a slow reader is no stalled provider. */
  readonly during: <T>(wait: () => PromiseLike<T>) => Promise<T>;
  readonly touch: () => void;
  readonly stop: () => void;
}

/** `onIdle` is called once the provider has sent nothing for so long, ms. */
export function createIdleWatch(idleMs: number, onIdle: () => void): IdleWatch {
  let timer: NodeJS.Timeout | null = null;
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  return {
    stop,
    touch: () => void timer?.refresh(),
    async during(wait) {
      timer = setTimeout(onIdle, idleMs);
      try {
        return await wait();
      } finally {
        stop();
      }
    },
  };
}
