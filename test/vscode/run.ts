/**
 * The tests in a real VS Code: `node test/vscode/run.ts [--grep TEXT] [part …]`. A part is `suite` (mocha inside the
 * extension host) or a file of `ui/` (mocha in a process of its own, driving the workbench in a browser); without one,
 * all run. A file of `ui/` that failed is run once more, since an editor and a browser that are not ours may lose a key
 * or a click: the report of the first time is printed, and so is what only went well the second time.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { cacheFolder, extensionFolder, root, sampleWorkspace, temporaryFolder } from './support/paths.ts';

const sources = join(root, 'test', 'vscode');
const pages = readdirSync(join(sources, 'ui')).filter((file) => file.endsWith('.ui.ts'));
const parts = ['suite', ...pages.map((page) => page.replace('.ui.ts', ''))];

const { values, positionals } = parseArgs({ options: { grep: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !parts.includes(name));
if (unknown !== undefined) throw new Error(`There is no part “${unknown}”. Parts: ${parts.join(', ')}.`);
const wanted = parts.filter((part) => positionals.length === 0 || positionals.includes(part));

let failed = false;
for (const part of wanted) failed = !(await (part === 'suite' ? runSuite() : runPage(part))) || failed;
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

async function runPage(part: string): Promise<boolean> {
  const first = await mocha(part);
  if (first.passed) {
    console.log(first.output);
    return true;
  }
  console.log(first.output.replace(/^/gm, 'first try │ '));
  const second = await mocha(part);
  console.log(second.output);
  if (second.passed) console.log(`  FLAKY: ${part} failed at the first try and passed at the second.`);
  return second.passed;
}

/** A file of `ui/` in a process of its own. Its output comes at its end, since it is not yet known how it counts. */
function mocha(part: string): Promise<{ readonly passed: boolean; readonly output: string }> {
  const grep = values.grep === undefined ? [] : ['--fgrep', values.grep];
  const file = join(sources, 'ui', `${part}.ui.ts`);
  const options = ['--timeout', '120000', '--forbid-only', '--forbid-pending', '--exit', ...grep];
  const child = spawn(process.execPath, [join(root, 'node_modules/mocha/bin/mocha.js'), ...options, file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ passed: code === 0, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
