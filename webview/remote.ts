import type { WireError } from '../src/protocol/messages.ts';

/** How a request ended. It always ends: reply, error, timeout or lost runtime. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireError };

/**
 * Something asked of the runtime. `wanted` is asked for next; `loading` waits for the answer to `ticket`, and
 * an answer to another ticket is dropped. `previous` is drawn until the new value is there.
 */
export type Remote<T> =
  | { readonly state: 'idle' }
  | { readonly state: 'wanted'; readonly previous: T | null }
  | { readonly state: 'loading'; readonly ticket: number; readonly previous: T | null }
  | { readonly state: 'loaded'; readonly value: T; readonly stale: boolean }
  | { readonly state: 'failed'; readonly message: string };

export const idle = { state: 'idle' } as const;
export const wanted = { state: 'wanted', previous: null } as const;

/** What can be drawn of it now. */
export function shown<T>(remote: Remote<T>): T | null {
  switch (remote.state) {
    case 'idle':
    case 'failed':
      return null;
    case 'wanted':
    case 'loading':
      return remote.previous;
    case 'loaded':
      return remote.value;
  }
}

/** Asks again and keeps what is drawn. */
export function again<T>(remote: Remote<T>): Remote<T> {
  return { state: 'wanted', previous: shown(remote) };
}

export function asked<T>(remote: Remote<T>, ticket: number): Remote<T> {
  return { state: 'loading', ticket, previous: shown(remote) };
}

export function answered<T>(remote: Remote<T>, ticket: number, outcome: Outcome<T>): Remote<T> {
  if (remote.state !== 'loading' || remote.ticket !== ticket) return remote;
  return outcome.ok
    ? { state: 'loaded', value: outcome.value, stale: false }
    : { state: 'failed', message: outcome.error.message };
}

export function outdated<T>(remote: Remote<T>): Remote<T> {
  return remote.state === 'loaded' ? { ...remote, stale: true } : remote;
}
