// What the scripts share. Runs on Node 20, before anything is installed.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const windows = process.platform === 'win32';

/** The environment in which `node` is the repository's own. */
export function ownEnvironment() {
  const env = { ...process.env, PATH: [bin, ...pathWithoutOwn()].join(delimiter) };
  // An npm that runs inside another one would take over the other's idea of which Node this is.
  for (const name of ['npm_config_user_agent', 'npm_node_execpath', 'NODE']) delete env[name];
  return env;
}

/** The environment in which `node` and `npm` are the machine's: for what replaces node_modules. */
export function machineEnvironment() {
  return { ...process.env, PATH: pathWithoutOwn().join(delimiter) };
}

/**
 * Runs a program to its end. Resolves to its exit code and, with `capture`, its standard output, which `quiet` hides.
 * A program that a signal ended has the code 128 + the signal's number, as in a shell.
 */
export function run(command, args, { env = ownEnvironment(), cwd = root, capture = false, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['inherit', capture || quiet ? 'pipe' : 'inherit', quiet && !capture ? 'ignore' : 'inherit'],
      // npm and the programs in node_modules/.bin are .cmd files there.
      shell: windows,
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      if (capture) output += text;
      if (!quiet) process.stdout.write(text);
    });
    child.once('error', (cause) => reject(new Error(`${command} cannot be started: ${cause.message}`, { cause })));
    child.once('close', (code, signal) => resolve({ code: code ?? 128 + (signalNumbers[signal] ?? 0), output }));
  });
}

/** Runs a program that must succeed. */
export async function must(command, args, options) {
  const { code } = await run(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with exit code ${code}.`);
}

/** A program of node_modules/.bin. */
export function tool(name) {
  return join(bin, windows ? `${name}.cmd` : name);
}

/** The repository's own Node 24. */
export const ownNode = join(bin, windows ? 'node.exe' : 'node');

/** Runs a script's main function; what it throws becomes one sentence and exit code 1, a usage error 2. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

export class UsageError extends Error {}

/** Whether this module is the program that was started. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && fileURLToPath(moduleUrl) === process.argv[1];
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

function pathWithoutOwn() {
  return (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== '' && entry !== bin);
}
