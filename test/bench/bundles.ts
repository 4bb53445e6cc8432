import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Row } from './rows.ts';

const dist = join(import.meta.dirname, '../../dist');

/** Sizes of what is shipped, source maps apart. */
export async function benchBundles(): Promise<readonly Row[]> {
  const names = (await readdir(dist, { recursive: true })).filter((name) => /\.(cjs|js|css)$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const content = await readFile(join(dist, name));
      const note = `${(gzipSync(content).length / 1024).toFixed(1)} KiB gzipped`;
      return { what: `bundle: dist/${name}`, value: content.length / 1024, unit: 'KiB', note };
    }),
  );
}
