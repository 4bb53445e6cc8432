import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.ts';

export const modelProviderId = 'haios-test.model-provider';

/** Puts the extension that provides language models into a server's folder, before the server has ever started. */
export async function placeModelProvider(home: string): Promise<void> {
  const source = join(root, 'test', 'vscode', 'model-provider');
  const folder = join(home, 'extensions', `${modelProviderId}-1.0.0`);
  await cp(join(source, 'package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: [join(source, 'extension.ts')],
    outfile: join(folder, 'extension.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
}
