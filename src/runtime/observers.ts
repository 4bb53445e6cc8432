import type { CoreEvent } from '../core/events.ts';

export interface Observers {
  readonly observe: (event: CoreEvent) => void;
  /** Adds listeners; each hears every event from now on, in this order. */
  readonly add: (...listeners: readonly ((event: CoreEvent) => void)[]) => void;
}

/** Core's one observer, for many who hear it: what one of them throws is told and keeps no other from hearing. */
export function createObservers(onError: (error: unknown, event: CoreEvent['type']) => void): Observers {
  const all: ((event: CoreEvent) => void)[] = [];
  return {
    observe(event) {
      for (const listener of all) {
        try {
          listener(event);
        } catch (error) {
          onError(error, event.type);
        }
      }
    },
    add: (...listeners) => void all.push(...listeners),
  };
}
