/** Repeats work until stopped; a failure is told and the next round comes all the same. Never two rounds at once. */
export function every(ms: number, work: () => Promise<void> | void, onError: (error: unknown) => void): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void (async () => work())()
      .catch(onError)
      .finally(() => (busy = false));
  }, ms);
  timer.unref();
  return () => clearInterval(timer);
}
