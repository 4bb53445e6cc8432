export interface ScopeOptions {
  /** Aborting it takes every call of the scope that waits out of its queue at once. Null: it cannot be aborted. */
  readonly signal: AbortSignal | null;
  /** Most calls of the scope, its children's included, that may hold or wait for a slot; further ones wait in the scope. */
  readonly limit?: number;
}

/**
 * The calls of one request: counted, limited and cancelled together. A scope without a parent is a run's, and runs share a
 * lane fairly. A scope belongs to one scheduler.
 */
export class Scope {
  /** It and the scopes around it, the innermost first. */
  readonly chain: readonly Scope[];
  readonly root: Scope;
  readonly signal: AbortSignal | null;
  readonly limit: number;
  /** Calls that wait for a slot. */
  waiting = 0;
  /** Calls that hold one. */
  active = 0;
  /** Calls that were ever made. */
  total = 0;
  /** Where the queues keep what is a root's, each in a place of its own. */
  readonly flows: unknown[] = [];
  #stop: (() => void) | null = null;

  constructor(options: ScopeOptions, parent: Scope | null = null) {
    this.chain = parent === null ? [this] : [this, ...parent.chain];
    this.root = parent?.root ?? this;
    this.signal = options.signal;
    this.limit = options.limit ?? Infinity;
  }

  /** A part of this scope: what aborts this one does not abort the part by itself, its own signal does. */
  child(options: ScopeOptions): Scope {
    return new Scope(options, this);
  }

  /** Whether the scope is this one or a part of it. */
  within(other: Scope): boolean {
    return this.chain.includes(other);
  }

  /** Whether a limit, its own or of a scope around it, keeps a further call out of the lanes. */
  get isFull(): boolean {
    return this.chain.some(({ waiting, active, limit }) => waiting + active >= limit);
  }

  count(waiting: number, active: number, total: number): void {
    for (const scope of this.chain) {
      scope.waiting += waiting;
      scope.active += active;
      scope.total += total;
    }
  }

  /** The reason of the abort of this scope or one around it; null while none was aborted. */
  get aborted(): { readonly reason: unknown } | null {
    for (const scope of this.chain) {
      if (scope.signal?.aborted === true) return { reason: scope.signal.reason };
    }
    return null;
  }

  /** Calls `leave` once when this scope or one around it is aborted; asked again it changes nothing. */
  watch(leave: (scope: Scope) => void): void {
    for (const scope of this.chain) scope.#watch(leave);
  }

  #watch(leave: (scope: Scope) => void): void {
    const { signal } = this;
    if (signal === null || this.#stop !== null) return;
    const heard = (): void => leave(this);
    signal.addEventListener('abort', heard, { once: true });
    this.#stop = () => signal.removeEventListener('abort', heard);
  }

  /** Lets go of the signal. To be called when no further call will be made. Idempotent. */
  close(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
