import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { from: string; to: string; rule: { name: string } }[];
  };
}

async function cruise(folder: string): Promise<Cruise['summary']> {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [program, '--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'src', 'webview'];
  const run = promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  // It ends with the number of violations as its exit code, and prints all the same.
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return (JSON.parse(stdout) as Cruise).summary;
}

describe('the import arrows', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haios-arrows-'));
    for (const path of ['src/core/good.ts', 'webview/good.ts']) await plant(path, 'export const good = 1;\n');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function plant(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }

  async function violated(): Promise<string[]> {
    return (await cruise(folder)).violations.map(({ rule }) => rule.name).sort();
  }

  it('hold in this repository, and the checker has read it', async () => {
    const { totalCruised, violations } = await cruise(root);
    assert.deepEqual(
      violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`),
      [],
    );
    assert.ok(totalCruised > 100, `${totalCruised} modules read`);
  });

  it('accept what is allowed', async () => {
    await plant('src/models/one.ts', "import { good } from '../core/good.ts';\nexport const one = good;\n");
    await plant('src/hosts/vscode/view.ts', "import type { Uri } from 'vscode';\nexport type Place = Uri;\n");
    assert.deepEqual(await violated(), []);
  });

  const planted: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    [
      'core that reads files',
      { 'src/core/bad.ts': "import { readFileSync } from 'node:fs';\nexport const bad = readFileSync;\n" },
      'pure-folders-do-no-io',
    ],
    [
      'core that knows a provider, by type only',
      {
        'src/core/bad.ts': "import type { M } from '../models/m.ts';\nexport type Bad = M;\n",
        'src/models/m.ts': 'export type M = 1;\n',
      },
      'arrows-core',
    ],
    [
      'a sibling',
      { 'src/tools/bad.ts': "export { m } from '../models/m.ts';\n", 'src/models/m.ts': 'export const m = 1;\n' },
      'arrows-tools',
    ],
    [
      'the runtime that imports a host',
      {
        'src/runtime/bad.ts': "export { h } from '../hosts/cli/h.ts';\n",
        'src/hosts/cli/h.ts': 'export const h = 1;\n',
      },
      'arrows-runtime',
    ],
    [
      'a host that imports the runtime',
      {
        'src/hosts/cli/bad.ts': "export { r } from '../../runtime/r.ts';\n",
        'src/runtime/r.ts': 'export const r = 1;\n',
      },
      'arrows-hosts',
    ],
    [
      'a host that imports the other',
      {
        'src/hosts/cli/bad.ts': "export { v } from '../vscode/v.ts';\n",
        'src/hosts/vscode/v.ts': 'export const v = 1;\n',
      },
      'hosts-are-apart',
    ],
    [
      'the panel that imports core',
      { 'webview/bad.ts': "export { good } from '../src/core/good.ts';\n" },
      'arrows-webview',
    ],
    [
      'the editor outside its folder',
      { 'src/runtime/bad.ts': "import { window } from 'vscode';\nexport const bad = window;\n" },
      'only-src-hosts-vscode-imports-vscode',
    ],
    [
      'a cycle',
      {
        'src/core/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
        'src/core/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
      },
      'no-cycles',
    ],
    ['an import of nothing', { 'src/core/bad.ts': "export { gone } from './gone.ts';\n" }, 'every-import-is-there'],
  ];
  for (const [what, files, rule] of planted) {
    it(`refuse ${what}`, async () => {
      for (const [path, text] of Object.entries(files)) await plant(path, text);
      const found = await violated();
      assert.ok(found.includes(rule), `${rule} in [${found.join(', ')}]`);
    });
  }
});
