import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { IgnoreRules } from './ignore-rules.ts';

/**
 * How many files a workspace holds, ignored folders left out and links not followed. Ends at `most`, or when the signal
 * aborts with what was counted so far. Reads folder by folder, so that the thread stays free for others.
 */
export async function countFiles(workspace: string, most: number, signal: AbortSignal): Promise<number> {
  const rules = new IgnoreRules(workspace);
  const folders = [''];
  let files = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(workspace, folder), { withFileTypes: true }).catch(() => []);
    if (signal.aborted) break;
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) files += 1;
      else if (entry.isDirectory() && !rules.ignoresFolder(path)) folders.push(path);
    }
    if (files >= most) return most;
  }
  return files;
}
