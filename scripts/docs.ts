/**
 * `npm run docs`: writes what is made from the catalogue — the tables in the documentation, `contributes.configuration`
 * of package.json and the JSON schema of haios.config.json. With `--check` it writes nothing and names what is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema, vscodeSettings } from '../src/core/config/generated.ts';
import { tables } from './doc-tables.ts';

const root = join(import.meta.dirname, '..');
const pages = ['README.md', 'docs/reference.md'];

/** A file that is made, wholly or in part: its path in the repository, its text now, and the text it must have. */
export interface Generated {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

export function generated(): readonly Generated[] {
  return [
    ...pages.map((path) => derived(path, (text) => fillBlocks(path, text))),
    derived('package.json', withConfiguration),
    derived('media/haios.config.schema.json', () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`),
  ];
}

/** Replaces what stands between `<!-- table: name -->` and `<!-- end -->`. Throws if a table is unknown or a block open. */
export function fillBlocks(path: string, text: string): string {
  const filled = text.replace(
    /(<!-- table: (\S+) -->\n)[^]*?(<!-- end -->)/g,
    (_, open: string, name: string, end: string) => {
      const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
      if (table === undefined) throw new Error(`${path}: there is no table ${JSON.stringify(name)}.`);
      return `${open}${table()}\n${end}`;
    },
  );
  const count = (mark: string): number => filled.split(mark).length - 1;
  if (count('<!-- table: ') !== count('<!-- end -->'))
    throw new Error(`${path}: a table block is not closed with <!-- end -->.`);
  return filled;
}

function withConfiguration(text: string): string {
  const manifest = JSON.parse(text) as { contributes?: Record<string, unknown> };
  const contributes = { ...manifest.contributes, configuration: vscodeSettings() };
  return `${JSON.stringify({ ...manifest, contributes }, null, 2)}\n`;
}

function derived(path: string, derive: (text: string) => string): Generated {
  const before = read(path);
  return { path, before, after: derive(before) };
}

function read(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function docs(): number {
  const stale = generated().filter(({ before, after }) => before !== after);
  if (process.argv.includes('--check')) {
    for (const { path } of stale) console.error(`${path} is out of date. Run: npm run docs`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const { path, after } of stale) {
    writeFileSync(join(root, path), after);
    console.log(`${path} written.`);
  }
  return 0;
}

if (import.meta.main) process.exitCode = docs();
