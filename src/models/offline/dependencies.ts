import type { Work } from './conversation.ts';
import { capped, code, count } from './markdown.ts';
import { assign, importsOf, readManifest, type Manifest } from './packages.ts';
import { listAll, readAll, searchAll } from './steps.ts';

const maxProjects = 100;
const maxShown = 80;
const sources = '**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts,vue,svelte,astro}';
// One line of an import, export-from, require or dynamic import of something that is no relative path.
const importing = String.raw`(?:\bfrom|\bimport|\brequire(?:\.resolve)?)\s*\(?\s*['"][^'"./\s]`;

/** Of each package.json: what is declared, what of it no source file imports, and what is imported undeclared. */
export function* dependencies(): Work {
  const title = '## Dependencies';
  const listed = yield* listAll('Listing the package.json files.', { glob: '**/package.json' });
  if (!listed.ok) return `${title}\n\nThe files could not be listed: ${listed.error}`;
  const paths = listed.value.map((f) => f.path).filter((path) => /(^|\/)package\.json$/.test(path));
  if (paths.length === 0) return `${title}\n\nThere is no package.json.`;

  const texts = yield* readAll('Reading them.', paths.slice(0, maxProjects));
  const manifests: Manifest[] = [];
  const unread: string[] = [];
  for (const [path, text] of texts) {
    const manifest = text.ok ? readManifest(path, text.value.join('\n')) : null;
    if (manifest !== null) manifests.push(manifest);
    else unread.push(`- ${code(path)}: ${text.ok ? 'not a JSON object' : text.error}`);
  }

  const found = yield* searchAll('Searching for imports.', { pattern: importing, regex: true, glob: sources });
  if (!found.ok) return `${title}\n\nThe imports could not be searched: ${found.error}`;
  const imports = found.value.lines.flatMap((line) => importsOf(line.text).map((name) => ({ path: line.path, name })));
  const reports = assign(manifests, imports).map((report) => {
    const { manifest, unused, missing } = report;
    const declared = [...manifest.declared].map(([kind, names]) => `${kind} ${names.length}`);
    return [
      `### ${code(manifest.path)}${manifest.name === null ? '' : ` (${code(manifest.name)})`}`,
      `Declared: ${declared.length === 0 ? 'nothing' : declared.join(', ')}.`,
      list(
        'Unused (imported by no source file, named by no script)',
        unused.map((u) => `- ${code(u.name)} (${u.kind})`),
      ),
      list(
        'Missing (imported, not declared)',
        missing.map(
          (m) =>
            `- ${code(m.name)} — ${code(m.firstUse)}${m.files > 1 ? ` and ${count(m.files - 1, 'more file')}` : ''}`,
        ),
      ),
    ].join('\n\n');
  });
  const partial = found.value.complete ? [] : ['Not all imports were read, so packages may be called unused wrongly.'];
  const failed = unread.length === 0 ? [] : [`### Not read\n\n${unread.join('\n')}`];
  return [title, ...partial, ...reports, ...failed].join('\n\n');
}

function list(name: string, items: readonly string[]): string {
  return items.length === 0
    ? `${name}: none.`
    : `${name}: ${items.length}\n\n${capped(items, maxShown, 'package').join('\n')}`;
}
