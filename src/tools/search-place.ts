import { stat } from 'node:fs/promises';
import type { ToolContext } from '../core/ports.ts';
import { displayName, failed, fileFailure } from './failures.ts';
import { permitted } from './permitted.ts';
import type { Place } from './sandbox/jobs.ts';

type PlaceContext = Pick<ToolContext, 'workspace' | 'policy'>;

/** Where a listing or search begins. Throws PATH_DENIED, or TOOL_FAILED when there is nothing of that name. */
export async function findPlace(
  context: PlaceContext,
  path: string | undefined,
  glob: string | undefined,
): Promise<Place> {
  const { workspace, policy } = context;
  const target = await permitted(context, path ?? '.');
  try {
    const found = await stat(target.real);
    if (!found.isFile() && !found.isDirectory())
      throw failed(`${displayName(target.path)} is neither a file nor a folder.`);
    return {
      workspace,
      start: target.real,
      startIsFile: found.isFile(),
      glob: glob ?? null,
      denied: policy.deniedPaths,
    };
  } catch (error) {
    throw fileFailure(error, target.path);
  }
}
