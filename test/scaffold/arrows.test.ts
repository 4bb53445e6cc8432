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
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, '--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'src', 'webview'];
  const run = promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  // It ends with the number of violations as its exit code, and prints all the same.
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return (JSON.parse(stdout) as Cruise).summary;
}

/** Files that break a rule, and files that only look as if they did: what, path, text, rule. */
const planted: readonly (readonly [string, string, string, string | null])[] = [
  [
    'core that reads files',
    'src/core/reads.ts',
    "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n",
    'pure-folders-do-no-io',
  ],
  [
    'core that knows a provider, by type only',
    'src/core/knows.ts',
    "import type { M } from '../models/m.ts';\nexport type X = M;\n",
    'arrows-core',
  ],
  [
    'core with a library of its own choice',
    'src/core/library.ts',
    "import { other } from 'other';\nexport const x = other;\n",
    'libraries-core',
  ],
  ['a sibling', 'src/tools/sibling.ts', "export { m } from '../models/m.ts';\n", 'arrows-tools'],
  [
    'the runtime that imports a host',
    'src/runtime/host.ts',
    "export { cli } from '../hosts/cli/cli.ts';\n",
    'arrows-runtime',
  ],
  ['a host that imports core', 'src/hosts/cli/core.ts', "export { good } from '../../core/good.ts';\n", 'arrows-hosts'],
  [
    'a host that imports the other',
    'src/hosts/vscode/other.ts',
    "export { cli } from '../cli/cli.ts';\n",
    'hosts-are-apart',
  ],
  ['the panel that imports core', 'webview/core.ts', "export { good } from '../src/core/good.ts';\n", 'arrows-webview'],
  [
    'the editor outside its folder',
    'src/runtime/editor.ts',
    "import { window } from 'vscode';\nexport const x = window;\n",
    'only-src-hosts-vscode-imports-vscode',
  ],
  ['a cycle', 'src/core/cycle.ts', "import { x } from './cycle-back.ts';\nexport const y = () => x;\n", 'no-cycles'],
  ['an import of nothing', 'src/core/nothing.ts', "export { gone } from './gone.ts';\n", 'every-import-is-there'],
  [
    'models that import core',
    'src/models/m.ts',
    "import { good } from '../core/good.ts';\nexport type M = 1;\nexport const m = good;\n",
    null,
  ],
  [
    'the editor in its folder',
    'src/hosts/vscode/view.ts',
    "import type { Uri } from 'vscode';\nexport type Place = Uri;\n",
    null,
  ],
  ['files in the runtime', 'src/runtime/files.ts', "export { readFileSync } from 'node:fs';\n", null],
];
const support = {
  'src/core/good.ts': 'export const good = 1;\n',
  'src/core/cycle-back.ts': "import { y } from './cycle.ts';\nexport const x = () => y;\n",
  'node_modules/other/package.json': '{ "name": "other", "version": "1.0.0", "main": "index.js" }',
  'node_modules/other/index.js': 'exports.other = 1;\n',
  'src/hosts/cli/cli.ts': 'export const cli = 1;\n',
};

describe('the import arrows', function () {
  this.timeout(60_000);
  let folder: string;
  let violations: Cruise['summary']['violations'];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haios-arrows-'));
    const files = [...Object.entries(support), ...planted.map(([, path, text]) => [path, text] as const)];
    for (const [path, text] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    ({ violations } = await cruise(folder));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('hold in this repository, and the checker has read it', async () => {
    const here = await cruise(root);
    assert.deepEqual(
      here.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`),
      [],
    );
    assert.ok(here.totalCruised > 100, `${here.totalCruised} modules read`);
  });

  for (const [what, path, , rule] of planted) {
    it(`${rule === null ? 'accept' : 'refuse'} ${what}`, () => {
      const found = violations.filter(({ from }) => from === path).map((violation) => violation.rule.name);
      // A cycle is told of one of its files only.
      const cycles = violations.filter(({ to }) => to === path).map((violation) => violation.rule.name);
      if (rule === null) assert.deepEqual(found, []);
      else assert.ok([...found, ...cycles].includes(rule), `${rule} in [${found.join(', ')}]`);
    });
  }
});
