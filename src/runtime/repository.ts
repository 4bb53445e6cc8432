import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The root of the git repository that a folder lies in, else the folder itself. `workspace` is absolute and real. */
export async function repositoryOf(workspace: string): Promise<string> {
  for (let folder = workspace; ; folder = dirname(folder)) {
    // A folder, or in a linked worktree a file.
    const found = await stat(join(folder, '.git')).catch(() => null);
    if (found !== null) return folder;
    if (folder === dirname(folder)) return workspace;
  }
}
