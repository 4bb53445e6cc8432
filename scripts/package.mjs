// `npm run package`: builds and packs the extension for all platforms into haios-VERSION.vsix, and checks what is in it.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { isMain, main, root, UsageError } from './steps.mjs';

const platforms = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64',
  'linux-x64',
  'linuxmusl-arm64',
  'linuxmusl-x64',
  'win32-arm64',
  'win32-x64',
];
const required = [
  'package.json',
  'README.md',
  'LICENSE',
  'media/icon.png',
  ...['extension', 'runtime', 'serve', 'app', 'models', 'writer', 'reader', 'sandbox', 'mcp', 'tokenizer', 'cli'].map(
    (name) => `dist/${name}.cjs`,
  ),
  'dist/THIRD_PARTY_NOTICES.txt',
  'dist/webview/main.js',
  'dist/webview/panel.css',
  'node_modules/better-sqlite3/lib/index.js',
  ...platforms.map((platform) => `node_modules/better-sqlite3/prebuilds/${platform}.node`),
];
/** What must never be packed: sources, tests, maps, other packages, anything hidden. */
const forbidden =
  /^(src|test|webview|scripts|observability)\/|\.(ts|map|tsbuildinfo)$|^node_modules\/(?!better-sqlite3\/)|(^|\/)\./;
const largestBytes = 12 * 1024 * 1024;

/** Packs what is built. Returns the path and size of the package; throws when its contents are wrong. */
export async function pack(out) {
  const { createVSIX, listFiles, PackageManager } = await import('@vscode/vsce');
  const options = { cwd: root, packageManager: PackageManager.Npm };
  const files = (await listFiles(options)).map((file) => file.replaceAll('\\', '/'));
  const missing = required.filter((file) => !files.includes(file));
  if (missing.length > 0) throw new Error(`The package would lack ${missing.join(', ')}. Is everything built?`);
  const stray = files.filter((file) => forbidden.test(file));
  if (stray.length > 0)
    throw new Error(`The package would hold what does not belong in it: ${stray.slice(0, 10).join(', ')}.`);
  const packagePath =
    out ?? join(root, `haios-${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}.vsix`);
  await createVSIX({
    cwd: root,
    packagePath,
    dependencies: true,
    rewriteRelativeLinks: false,
    allowMissingRepository: true,
  });
  const { size } = statSync(packagePath);
  if (size > largestBytes) throw new Error(`The package has ${mib(size)}; at most ${mib(largestBytes)} are meant.`);
  return { path: packagePath, files: files.length, size };
}

async function packageExtension() {
  const [out, ...more] = process.argv.slice(2);
  if (out?.startsWith('-') || more.length > 0) throw new UsageError('Usage: npm run package -- [FILE.vsix]');
  await setup({ tests: false });
  await build();
  const { path, files, size } = await pack(out);
  console.log(`${path}: ${files} files, ${mib(size)}`);
}

function mib(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

if (isMain(import.meta.url)) await main(packageExtension);
