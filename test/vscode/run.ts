/**
 * The tests in a real VS Code: `node test/vscode/run.ts [--grep TEXT] [part …]`. A part is `suite` (mocha inside the
 * extension host) or a file of `ui/` (mocha here, driving the workbench in a browser); without one, all run.
 */
import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import Mocha from 'mocha';
import { cacheFolder, extensionFolder, root, sampleWorkspace, temporaryFolder } from './support/paths.ts';

const sources = join(root, 'test', 'vscode');
const pages = readdirSync(join(sources, 'ui')).filter((file) => file.endsWith('.ui.ts'));
const parts = ['suite', ...pages.map((page) => page.replace('.ui.ts', ''))];

const { values, positionals } = parseArgs({ options: { grep: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !parts.includes(name));
if (unknown !== undefined) throw new Error(`There is no part “${unknown}”. Parts: ${parts.join(', ')}.`);
const wanted = parts.filter((part) => positionals.length === 0 || positionals.includes(part));

let failed = false;
if (wanted.includes('suite')) failed = !(await runSuite());
if (wanted.some((part) => part !== 'suite')) failed = !(await runPages()) || failed;
process.exitCode = failed ? 1 : 0;

async function runSuite(): Promise<boolean> {
  const out = join(cacheFolder, 'suite');
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await build({
    entryPoints: readdirSync(join(sources, 'suite')).map((file) => join(sources, 'suite', file)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  const home = await temporaryFolder('workspace');
  try {
    await runTests({
      vscodeExecutablePath: process.env['VSCODE_EXECUTABLE'] ?? join(sources, 'launcher.ts'),
      extensionDevelopmentPath: extensionFolder,
      extensionTestsPath: join(out, 'index.cjs'),
      launchArgs: [await sampleWorkspace(home)],
      extensionTestsEnv: {
        PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
        TEST_GREP: values.grep,
      },
    });
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runPages(): Promise<boolean> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000, forbidOnly: true, forbidPending: true });
  if (values.grep !== undefined) mocha.fgrep(values.grep);
  for (const part of wanted) if (part !== 'suite') mocha.addFile(join(sources, 'ui', `${part}.ui.ts`));
  await mocha.loadFilesAsync();
  return new Promise((resolve) => mocha.run((failures) => resolve(failures === 0)));
}
