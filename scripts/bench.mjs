// `npm run bench`: runs every exported function of test/bench/*.ts whose name begins with `bench`, and prints a table for each file.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { isMain, main, ownNode, root, run, UsageError } from './steps.mjs';

const folder = join(root, 'test', 'bench');

/** A row of the table: `{ what, value, unit, note? }`, value a number. A bench function returns a list of them. */
async function bench() {
  const only = process.argv[2] ?? '';
  if (only.startsWith('-')) throw new UsageError('Usage: npm run bench -- [part of a file’s name]');
  await setup({ tests: false });
  await build();
  if (Number(process.versions.node.split('.')[0]) < 24) return (await run(ownNode, ['scripts/bench.mjs', only])).code;
  const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => file.endsWith('.ts') && file.includes(only))
    : [];
  if (files.length === 0) throw new Error(`There is no benchmark ${only === '' ? '' : `“${only}” `}in test/bench.`);
  for (const file of files.sort()) {
    const rows = [];
    const module = await import(pathToFileURL(join(folder, file)).href);
    for (const name of Object.keys(module).filter((key) => key.startsWith('bench'))) {
      console.error(`${file}: ${name} …`);
      rows.push(...(await module[name]()));
    }
    // Printed as it is known: all of them take a quarter of an hour.
    print(rows);
  }
  return 0;
}

function print(rows) {
  const table = rows.map(({ what, value, unit, note = '' }) => [what, rounded(value), unit, note]);
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
  for (const [what, value, unit, note] of table) {
    console.log(`${what.padEnd(widths[0])}  ${value.padStart(widths[1])} ${unit.padEnd(widths[2])}  ${note}`.trimEnd());
  }
}

function rounded(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}

if (isMain(import.meta.url)) await main(bench);
