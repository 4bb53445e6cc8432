import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.ts';

const leastNode = 22;

/** The folder this program was started from, symlinks followed (`node_modules/.bin/haios` is one). */
export function programFolder(script: string): string {
  return dirname(realpathSync(script));
}

/** Path of the runtime's program: `HAIOS_RUNTIME_BUNDLE`, else `runtime.cjs` beside this one. Throws INTERNAL. */
export function findRuntime(folder: string, env: NodeJS.ProcessEnv): string {
  const path = env['HAIOS_RUNTIME_BUNDLE'] ?? join(folder, 'runtime.cjs');
  if (existsSync(path)) return path;
  throw new CliError('INTERNAL', `The runtime “${path}” is missing; install HAiOS again, or run npm start in a clone.`);
}

/** The Node that can run the runtime: this process's own, or one that was installed as a package. Throws USAGE. */
export function findNode(folder: string, version: string, execPath: string): string {
  if (Number(version.split('.')[0]) >= leastNode) return execPath;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [
    join(folder, '..', 'node_modules', 'node', 'bin', name),
    join(folder, '..', '..', 'node', 'bin', name),
  ];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CliError(
    'USAGE',
    `HAiOS needs Node ${leastNode} or newer and this is Node ${version}; install a newer one from https://nodejs.org, or run npm start in a clone, which brings its own.`,
  );
}

/** The version in the package.json above the program; `unknown` when there is none. */
export function findVersion(folder: string): string {
  for (let up = folder, i = 0; i < 5; up = dirname(up), i += 1) {
    const file = join(up, 'package.json');
    if (!existsSync(file)) continue;
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'name' in parsed &&
      parsed.name === 'haios' &&
      'version' in parsed
    ) {
      return String(parsed.version);
    }
  }
  return 'unknown';
}
