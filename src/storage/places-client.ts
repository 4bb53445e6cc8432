import type { RunPlaces } from './storage.ts';
import type { ThreadClient } from './thread/client.ts';
import type { WriterOperations } from './thread/messages.ts';

const lost = 'DATABASE_UNAVAILABLE';

/** The table of run places over the writer thread. */
export function placesOver(writer: ThreadClient<WriterOperations>): RunPlaces {
  return {
    take: (request, at) => writer.request('takePlace', { request, at }, lost),
    advance: (waiting, at) => writer.request('advance', { waiting, at }, lost),
    leave: async (runId) => {
      await writer.request('leavePlace', { runId }, lost);
    },
  };
}
