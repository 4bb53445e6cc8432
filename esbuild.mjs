// Builds every bundle: `node esbuild.mjs`, or some of them: `node esbuild.mjs --only cli,runtime`. Prints their sizes.
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { argv, exit } from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const node = {
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  // Some libraries have a UMD `main`, whose inner requires cannot be bundled: take their ES modules first.
  mainFields: ['module', 'main'],
  external: ['better-sqlite3', 'vscode'],
  define: { 'import.meta.url': '__moduleUrl' },
  // `import()` stays lazy but is a `require`, which needs no second module loader.
  supported: { 'dynamic-import': false },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
};
const browser = {
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
};

const targets = [
  { name: 'extension', entry: 'src/hosts/vscode/extension.ts', out: 'dist/extension.cjs', ...node },
  { name: 'runtime', entry: 'src/runtime/main.ts', out: 'dist/runtime.cjs', ...node },
  // What answers the host, and what the runtime loads once it has.
  { name: 'serve', entry: 'src/runtime/serve.ts', out: 'dist/serve.cjs', ...node },
  { name: 'app', entry: 'src/runtime/app.ts', out: 'dist/app.cjs', ...node },
  // Providers and prices, loaded for the first run or question that needs one.
  { name: 'models', entry: 'src/models/catalogue.ts', out: 'dist/models.cjs', ...node },
  { name: 'writer', entry: 'src/storage/writer.ts', out: 'dist/writer.cjs', ...node },
  { name: 'reader', entry: 'src/storage/reader.ts', out: 'dist/reader.cjs', ...node },
  { name: 'sandbox', entry: 'src/tools/sandbox/worker.ts', out: 'dist/sandbox.cjs', ...node },
  { name: 'mcp', entry: 'src/tools/mcp/protocol.ts', out: 'dist/mcp.cjs', ...node },
  { name: 'tokenizer', entry: 'src/models/vocabulary.ts', out: 'dist/tokenizer.cjs', ...node },
  // Its first line, `#!/usr/bin/env node`, is the entry's own.
  { name: 'cli', entry: 'src/hosts/cli/main.ts', out: 'dist/cli.cjs', ...node, executable: true },
  // The pages link the style sheet of their own: the editor panel.css, the browser that and the theme's variables.
  { name: 'webview', entry: 'webview/main.ts', out: 'dist/webview/main.js', ...browser, loader: { '.css': 'empty' } },
  { name: 'panel.css', entry: 'webview/panel.css', out: 'dist/webview/panel.css', minify: true },
  {
    name: 'browser.css',
    entry: 'webview/browser.css',
    out: 'dist/webview/browser.css',
    minify: true,
    prepend: 'panel.css',
  },
];

/** `import()` of another target's entry is not bundled again: it becomes a lazy `require` of that bundle. */
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => {
      const file = resolve(resolveDir, path);
      const target = targets.find(({ entry }) => kind === 'dynamic-import' && resolve(entry) === file);
      return target === undefined ? undefined : { path: `./${basename(target.out)}`, external: true };
    });
  },
};

const only = argv.includes('--only') ? (argv[argv.indexOf('--only') + 1] ?? '').split(',') : null;
const unknown = only?.find((name) => !targets.some((target) => target.name === name));
if (unknown !== undefined) {
  console.error(
    `There is no target ${JSON.stringify(unknown)}. Targets: ${targets.map(({ name }) => name).join(', ')}.`,
  );
  exit(2);
}

/** Folders of the packages whose code is in a bundle. */
const bundled = new Set();
const wanted = targets.filter(({ name }) => only === null || only.includes(name));
const results = await Promise.allSettled(wanted.map(bundle));
const sizes = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
for (const { file, bytes, gzipped } of sizes) {
  console.log(`${file.padEnd(26)} ${kib(bytes).padStart(10)} ${kib(gzipped).padStart(10)} gzipped`);
}
const failed = results.filter((result) => result.status === 'rejected');
for (const { reason } of failed) console.error(reason instanceof Error ? reason.message : reason);
if (failed.length > 0) exit(1);
if (only === null) await writeFile('dist/THIRD_PARTY_NOTICES.txt', await notices());

async function bundle({ name, entry, out, executable = false, prepend, ...options }) {
  if (!existsSync(entry)) throw new Error(`The entry of the target ${name}, ${entry}, does not exist.`);
  const { metafile, warnings } = await build({
    ...options,
    ...(prepend === undefined ? { entryPoints: [entry] } : { stdin: styles(entry, prepend) }),
    outfile: out,
    bundle: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    plugins: [apart],
    logLevel: 'warning',
  });
  if (warnings.length > 0) throw new Error(`The target ${name} has warnings (above); none are accepted.`);
  if (executable) await chmod(out, 0o755);
  for (const input of Object.keys(metafile.inputs)) {
    const [, folder] = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) bundled.add(folder);
  }
  const files = Object.keys(metafile.outputs).filter((file) => !file.endsWith('.map'));
  return Promise.all(files.map(sizeOf));
}

/** The licences of what is bundled, which ask to be passed on with the code. */
async function notices() {
  const parts = await Promise.all([...bundled].sort().map(notice));
  return `HAiOS contains code of these packages.\n\n${[...new Set(parts)].join('\n')}`;
}

async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
  return `${'─'.repeat(40)}\n${name} ${version} (${license ?? 'licence in its repository'})\n${text}`;
}

function styles(entry, first) {
  const contents = `@import './${first}';\n@import './${basename(entry)}';\n`;
  return { contents, resolveDir: dirname(entry), loader: 'css' };
}

async function sizeOf(file) {
  const content = await readFile(file);
  return { file, bytes: content.length, gzipped: gzipSync(content).length };
}

function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
