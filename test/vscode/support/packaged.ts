import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installExtension } from './code-server.ts';
import { cacheFolder, root } from './paths.ts';

let packed: Promise<string> | undefined;

/** Installs the packaged extension into a server's folder; it is packed once per process, by the script that users call. */
export async function installPackaged(home: string): Promise<void> {
  packed ??= pack();
  await installExtension({ home }, await packed);
}

async function pack(): Promise<string> {
  await mkdir(cacheFolder, { recursive: true });
  const path = join(cacheFolder, 'haios.vsix');
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'package.mjs'), path]);
  return path;
}
