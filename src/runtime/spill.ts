import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRow } from '../protocol/rows.ts';
import type { Reader } from '../storage/storage.ts';

/** Where the output of a run's commands is kept in full when it was too long for the model. */
export const spillFolder = (dataDir: string, runId: string): string => join(dataDir, 'spill', runId);

/**
 * Deletes the kept output of runs that ended before the moment (ms since the epoch), and of runs nobody knows any more
 * when it was last added to before then. Returns how many folders went.
 */
export async function deleteOldSpill(dataDir: string, before: number, reader: Pick<Reader, 'run'>): Promise<number> {
  const entries = await readdir(join(dataDir, 'spill'), { withFileTypes: true }).catch(() => []);
  let deleted = 0;
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const folder = spillFolder(dataDir, entry.name);
    const run = await reader.run(entry.name);
    const old = run?.runId === entry.name ? endedBefore(run, before) : (await stat(folder)).mtimeMs < before;
    if (!old) continue;
    await rm(folder, { recursive: true, force: true });
    deleted += 1;
  }
  return deleted;
}

function endedBefore({ status, endedAt, startedAt }: RunRow, before: number): boolean {
  const open = status === 'queued' || status === 'running' || status === 'waiting';
  return !open && (endedAt ?? startedAt) < before;
}
