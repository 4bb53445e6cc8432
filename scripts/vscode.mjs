// `npm run vscode`: opens the extension on a copy of the sample workspace, in desktop VS Code or else in the browser.
import { accessSync, constants, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { isMain, main, ownNode, root, run, UsageError } from './steps.mjs';

const host = join(root, 'test', 'vscode', 'host', 'node_modules', 'code-server');

async function vscode() {
  const [flag, ...more] = process.argv.slice(2);
  if ((flag !== undefined && flag !== '--browser') || more.length > 0) {
    throw new UsageError('Usage: npm run vscode -- [--browser]');
  }
  await setup({ tests: false });
  await build();
  if (flag === undefined && hasDesktop()) return openDesktop();
  if (!existsSync(host)) await setup({ tests: true });
  if (Number(process.versions.node.split('.')[0]) < 24) {
    return (await run(ownNode, ['scripts/vscode.mjs', '--browser'])).code;
  }
  return openBrowser();
}

function hasDesktop() {
  const names = process.platform === 'win32' ? ['code.cmd', 'code.exe'] : ['code'];
  return (process.env.PATH ?? '').split(delimiter).some((folder) =>
    names.some((name) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

/** The window stays after this ends, and so does its workspace. */
async function openDesktop() {
  const folder = sample(mkdtempSync(join(tmpdir(), 'haios-vscode-')));
  console.log(`Opening ${folder} in VS Code, with the extension of ${root}.`);
  return (await run('code', ['--new-window', `--extensionDevelopmentPath=${root}`, folder])).code;
}

async function openBrowser() {
  const support = (name) => import(pathToFileURL(join(root, 'test', 'vscode', 'support', name)).href);
  const { startCodeServer } = await support('code-server.ts');
  const { workbenchUrl } = await support('browser.ts');
  const home = mkdtempSync(join(tmpdir(), 'haios-vscode-'));
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
  try {
    const server = await startCodeServer({ home, askTrust: true, driver: true });
    const development = ['extensionDevelopmentPath', `vscode-remote://${server.authority}${root}`];
    console.log(`VS Code with HAiOS, on a copy of the sample workspace, until Ctrl-C:`);
    console.log(workbenchUrl(server.url, sample(home), [development]));
    await ended;
    await server.stop();
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
  return 0;
}

function sample(parent) {
  const folder = join(parent, 'sample-workspace');
  cpSync(join(root, 'test', 'vscode', 'sample-workspace'), folder, { recursive: true });
  return folder;
}

if (isMain(import.meta.url)) await main(vscode);
