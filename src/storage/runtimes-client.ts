import type { Runtimes } from './storage.ts';
import type { ThreadClient } from './thread/client.ts';
import type { RegisteredRuntime, WriterOperations } from './thread/messages.ts';

const lost = 'DATABASE_UNAVAILABLE';

/** The runtimes' table over the writer thread. A beat whose row is gone (others took us for dead) puts it back. */
export function runtimesOver(writer: ThreadClient<WriterOperations>): Runtimes {
  const registered = new Map<string, RegisteredRuntime>();
  return {
    register: async (row) => {
      registered.set(row.runtimeId, row);
      await writer.request('register', { row }, lost);
    },
    beat: async (runtimeId, port) => {
      await writer.request('beat', { runtimeId, port, row: registered.get(runtimeId) ?? null }, lost);
    },
    list: () => writer.request('listRuntimes', null, lost),
    bury: (runtimeId) => writer.request('bury', { runtimeId }, lost),
    leave: async (runtimeId) => {
      registered.delete(runtimeId);
      await writer.request('leave', { runtimeId }, lost);
    },
    lead: (runtimeId, dead) => writer.request('lead', { runtimeId, dead }, lost),
  };
}
