import { mkdir, readFile, rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import Mocha from 'mocha';
import { cacheFolder, extensionFolder, root, sampleWorkspace, temporaryFolder } from './support/paths.ts';

interface Result {
  readonly passes: number;
  readonly failures: number;
}

/** Runs the named parts (`suite`, or a file of `ui/`), or all. Returns the exit code. */
export async function runAll(names: readonly string[]): Promise<0 | 1> {
  const pages = readdirSync(join(root, 'test', 'vscode', 'ui')).filter((file) => file.endsWith('.ui.ts'));
  const unknown = names.find((name) => name !== 'suite' && !pages.includes(`${name}.ui.ts`));
  if (unknown !== undefined) throw new Error(`There is no part “${unknown}”: suite, ${pages.map((page) => page.slice(0, -6)).join(', ')}.`);
  const results: Result[] = [];
  if (names.length === 0 || names.includes('suite')) results.push(await runSuite());
  const wanted = pages.filter((page) => names.length === 0 || names.includes(page.slice(0, -6)));
  if (wanted.length > 0) results.push(await runPages(wanted));
  const passes = results.reduce((sum, result) => sum + result.passes, 0);
  const failures = results.reduce((sum, result) => sum + result.failures, 0);
  console.log(`\nReal VS Code: ${passes} passing${failures === 0 ? '' : `, ${failures} failing`}`);
  return failures === 0 && passes > 0 ? 0 : 1;
}

/** Mocha inside the extension host. */
async function runSuite(): Promise<Result> {
  const out = join(cacheFolder, 'suite');
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const sources = join(root, 'test', 'vscode', 'suite');
  await build({
    entryPoints: readdirSync(sources).map((file) => join(sources, file)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  const home = await temporaryFolder('workspace');
  const resultFile = join(out, 'result.json');
  try {
    await runTests({
      vscodeExecutablePath: process.env['VSCODE_EXECUTABLE'] ?? join(root, 'test', 'vscode', 'launcher.ts'),
      extensionDevelopmentPath: extensionFolder,
      extensionTestsPath: join(out, 'index.cjs'),
      launchArgs: [await sampleWorkspace(home)],
      extensionTestsEnv: {
        PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
        SUITE_RESULT_FILE: resultFile,
      },
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  const text = await readFile(resultFile, 'utf8').catch(() => '{"passes":0,"failures":1}');
  return JSON.parse(text) as Result;
}

/** Mocha here, driving the workbench in a browser. */
async function runPages(pages: readonly string[]): Promise<Result> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 120_000, forbidOnly: true, forbidPending: true, bail: false });
  for (const page of pages) mocha.addFile(join(root, 'test', 'vscode', 'ui', page));
  await mocha.loadFilesAsync();
  let passes = 0;
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve).on('pass', () => (passes += 1));
  });
  return { passes, failures };
}
