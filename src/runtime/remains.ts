import { join } from 'node:path';
import type { Observer } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';
import type { Storage } from '../storage/storage.ts';
import { endRecorded } from '../tools/sandbox/command-records.ts';
import { alertPrefix } from '../tools/sandbox/exhaustion.ts';

/** Where a runtime records the commands it has running. */
export const commandsFolder = (dataDir: string, runtimeId: string): string => join(dataDir, 'commands', runtimeId);

export interface RemainsOptions {
  readonly storage: Pick<Storage, 'reader'>;
  readonly dataDir: string;
  /** See `hostIdentity`. */
  readonly host: string;
  readonly clock: Clock;
  readonly observe: Observer;
}

/** Clears away what a buried runtime left outside its rows: commands still running, alerts nobody can close any more. */
export async function clearRemains(runtimeId: string, options: RemainsOptions): Promise<{ endedCommands: number }> {
  const { storage, dataDir, host, clock, observe } = options;
  const endedCommands = await endRecorded(commandsFolder(dataDir, runtimeId), host);
  for (const issue of await storage.reader.issues({ open: true, limit: 100 })) {
    if (!issue.issueId.startsWith(alertPrefix(runtimeId))) continue;
    observe({ type: 'issue', issue: { ...issue, closedAt: clock.now() } });
  }
  return { endedCommands };
}
