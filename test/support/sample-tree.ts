import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const files: Readonly<Record<string, string>> = {
  'README.md': '# Sample\n\nSee [the guide](docs/guide.md) and [nothing](docs/missing.md).\n\n## Use\n',
  'docs/guide.md': '# Guide\n\nBack to [the start](../README.md#use).\n',
  'package.json': JSON.stringify({ name: 'sample', dependencies: { lit: '^3.0.0', unused: '^1.0.0' } }, null, 2),
  'src/main.ts':
    "import { html } from 'lit';\nimport left from 'left-pad';\n// TODO: say hello\nexport const hello = html`${left('a', 2)}`;\n",
  'src/old.js': '// FIXME: remove\n// HACK: for now\nexport const old = 1; // TODO later\n',
};

/** A small project with notes, links, dependencies and text to replace: 4 marked lines in 2 files. */
export async function writeSampleTree(folder: string, extra: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = join(folder, 'workspace');
  for (const [path, text] of Object.entries({ ...files, ...extra })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}
