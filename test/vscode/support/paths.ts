import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');
/** The folder that holds the extension under development. */
export const extensionFolder = process.env['EXTENSION_FOLDER'] ?? root;
/** Built suites, the packaged extension and screenshots; git-ignored. */
export const cacheFolder = join(root, '.cache', 'vscode');

export async function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `haios-${name}-`));
}

/** A copy of the sample workspace inside `home`. */
export async function sampleWorkspace(home: string, name = 'sample'): Promise<string> {
  const folder = join(home, name);
  await cp(join(root, 'test', 'vscode', 'sample-workspace'), folder, { recursive: true });
  return folder;
}
