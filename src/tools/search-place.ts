import { stat } from 'node:fs/promises';
import { displayName, failed, fileFailure } from './failures.ts';
import { contain } from './paths.ts';
import type { Place } from './sandbox/jobs.ts';

/** Where a listing or search begins. Throws PATH_DENIED, or TOOL_FAILED when there is nothing of that name. */
export async function findPlace(workspace: string, path: string | undefined, glob: string | undefined): Promise<Place> {
  const target = await contain(workspace, path ?? '.');
  try {
    const found = await stat(target.real);
    if (!found.isFile() && !found.isDirectory())
      throw failed(`${displayName(target.path)} is neither a file nor a folder.`);
    return { workspace, start: target.real, startIsFile: found.isFile(), glob: glob ?? null };
  } catch (error) {
    throw fileFailure(error, target.path);
  }
}
