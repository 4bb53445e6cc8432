// Builds the bundles when a source changed since the last time.
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { isMain, main, must, ownNode, root } from './steps.mjs';

const sources = ['src', 'webview', 'esbuild.mjs', 'tsconfig.json', 'package.json', 'package-lock.json'];
const stamp = join(root, 'dist', '.haios-build');

/** Builds if a source changed, and puts `haios` where `npx haios` finds it. */
export async function build() {
  const fingerprint = fingerprintOf(sources);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint) {
    rmSync(stamp, { force: true });
    await must(ownNode, ['esbuild.mjs']);
    writeFileSync(stamp, fingerprint);
  }
  linkCommand();
}

/** Changes when a file is added, removed, touched or resized. */
function fingerprintOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const { size, mtimeMs } = statSync(path);
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else {
      hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
    }
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

function linkCommand() {
  const bin = join(root, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  if (process.platform === 'win32') {
    writeFileSync(join(bin, 'haios.cmd'), '@node "%~dp0\\..\\..\\dist\\cli.cjs" %*\r\n');
    return;
  }
  const link = join(bin, 'haios');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(join('..', '..', 'dist', 'cli.cjs'), link);
}

if (isMain(import.meta.url)) await main(build);
