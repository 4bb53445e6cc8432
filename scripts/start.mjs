// `npm start`: sets up, builds and runs a sample task on this repository's own files.
import { spawn } from 'node:child_process';
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { isMain, main, ownEnvironment, ownNode, root, UsageError } from './steps.mjs';

const samplePrompt = 'inventory, todo, links and dependencies';

/** `[--once] [prompt]`; `--once` ends with the run, else the panel is served until Ctrl-C. */
export function readArguments(args) {
  const flags = args.filter((arg) => arg.startsWith('--'));
  const prompts = args.filter((arg) => !arg.startsWith('--'));
  const unknown = flags.find((flag) => flag !== '--once');
  if (unknown !== undefined)
    throw new UsageError(`npm start does not know ${unknown}. Usage: npm start -- [--once] ["prompt"]`);
  if (prompts.length > 1) throw new UsageError('npm start takes one prompt. Put it in quotes: npm start -- "todo"');
  return { prompt: prompts[0] ?? samplePrompt, once: flags.includes('--once') };
}

async function start() {
  const { prompt, once } = readArguments(process.argv.slice(2));
  await setup({ tests: false });
  await build();
  return runCommandLine(['run', prompt, '--workspace', root, ...(once ? [] : ['--serve'])]);
}

/** Runs `haios` until it ends by itself, and passes its exit code on. */
function runCommandLine(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(ownNode, ['dist/cli.cjs', ...args], { cwd: root, env: ownEnvironment(), stdio: 'inherit' });
    // At a terminal Ctrl-C reaches the child by itself; a second one from here would end it at once.
    process.on('SIGINT', () => {
      if (process.stdin.isTTY !== true) child.kill('SIGINT');
    });
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 130));
  });
}

if (isMain(import.meta.url)) await main(start);
