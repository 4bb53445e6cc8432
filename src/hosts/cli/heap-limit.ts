import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { maxHeapMb } from '../max-heap.ts';

const largestFile = 1024 * 1024;

/**
 * The heap to start the runtime with, MiB, by the configuration the runtime will read: `--config FILE`, else the
 * workspace's `haios.config.json`. It must be known before the process is there, so this one number is read here, and
 * leniently: of a file that is missing or wrong the default is taken, and the runtime says what is wrong with it.
 */
export async function readMaxHeapMb(configFile: string | null, workspace: string | null): Promise<number> {
  const path = configFile ?? (workspace === null ? null : join(workspace, 'haios.config.json'));
  if (path === null) return maxHeapMb(undefined);
  try {
    const { size } = await stat(path);
    return maxHeapMb(size > largestFile ? undefined : parse(await readFile(path, 'utf8')));
  } catch {
    return maxHeapMb(undefined);
  }
}
