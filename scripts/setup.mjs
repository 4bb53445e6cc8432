// Installs what the repository needs, once. Runs on Node 20, before anything is installed.
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isMain, machineEnvironment, main, must, ownEnvironment, root, run } from './steps.mjs';

const hostFolder = join(root, 'test', 'vscode', 'host');

/** What the tests call, and the Debian package that has it. */
const programs = [
  { names: ['chromium'], package: 'chromium' },
  { names: ['prometheus', 'promtool'], package: 'prometheus' },
  { names: ['prometheus-alertmanager', 'amtool'], package: 'prometheus-alertmanager' },
  { names: ['script'], package: 'bsdutils' },
];
/** code-server builds one of its dependencies against these headers. */
const headers = { path: '/usr/include/gssapi/gssapi.h', package: 'libkrb5-dev' };

/**
 * Installs the dependencies and, for the tests, the programs they call and a real VS Code. What is there already is left
 * alone: a second call takes seconds and downloads nothing.
 */
export async function setup({ tests }) {
  await installPackages(root, 'dependencies', machineEnvironment(), ['node']);
  if (!tests) return;
  const hostMissing = !isInstalled(hostFolder);
  await installPrograms(hostMissing);
  if (hostMissing)
    await installPackages(hostFolder, 'VS Code for the tests (about two minutes)', ownEnvironment(), null);
}

/**
 * `withScripts` names the only packages whose install scripts run; null is all. better-sqlite3 brings its binaries along,
 * but npm would compile it all the same because it finds a binding.gyp.
 */
async function installPackages(folder, what, env, withScripts) {
  if (isInstalled(folder)) return;
  console.log(`Installing ${what} …`);
  const modules = join(folder, 'node_modules');
  // A half-finished install does not mend itself.
  rmSync(modules, { recursive: true, force: true });
  // Packages that want a newer Node than the machine's get ours: npm's warnings of that say nothing.
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
  await must('npm', ['ci', ...quietly, ...(withScripts === null ? [] : ['--ignore-scripts'])], { cwd: folder, env });
  for (const name of withScripts ?? []) await must('npm', ['rebuild', name, ...quietly], { cwd: folder, env });
  writeFileSync(join(modules, '.haios-setup'), lockHash(folder));
}

function isInstalled(folder) {
  const stamp = join(folder, 'node_modules', '.haios-setup');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(folder);
}

function lockHash(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
}

async function installPrograms(withHeaders) {
  const wanted = programs
    .filter(({ names }) => names.some((name) => !isOnPath(name)))
    .map((program) => program.package);
  if (withHeaders && process.platform === 'linux' && !existsSync(headers.path)) wanted.push(headers.package);
  if (wanted.length === 0) return;
  const rights = isOnPath('apt-get') ? await administrator() : null;
  if (rights === null) {
    throw new Error(
      `The tests need ${wanted.join(', ')} (names of Debian packages). Install them, then run npm test again.`,
    );
  }
  console.log(`Installing ${wanted.join(', ')} …`);
  const apt = (...args) => {
    const [command, ...rest] = [...rights, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return must(command, rest, { env: machineEnvironment() });
  };
  await apt('update', '-q');
  await apt('install', '-q', '-y', '--no-install-recommends', ...wanted);
}

/** What to put before a command to run it as root; null if that is not allowed without a password. */
async function administrator() {
  if (process.getuid?.() === 0) return [];
  if (!isOnPath('sudo')) return null;
  const { code } = await run('sudo', ['-n', 'true'], { quiet: true });
  return code === 0 ? ['sudo', '-n'] : null;
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

if (isMain(import.meta.url)) await main(() => setup({ tests: process.argv.includes('--tests') }));
