/** What must still be done at the moment this process exits, with one listener for all of it, and none while there is nothing. */
export class ExitHooks {
  readonly #hooks = new Set<() => void>();
  readonly #onExit = (): void => this.#hooks.forEach((hook) => hook());

  /** `hook` works without waiting. The returned function takes it back; idempotent. */
  add(hook: () => void): () => void {
    if (this.#hooks.size === 0) process.once('exit', this.#onExit);
    this.#hooks.add(hook);
    return () => {
      if (this.#hooks.delete(hook) && this.#hooks.size === 0) process.removeListener('exit', this.#onExit);
    };
  }
}
