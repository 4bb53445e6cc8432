import type { Work } from './conversation.ts';
import { groupBy } from './group.ts';
import { linksOf, resolveLink } from './link-targets.ts';
import { capped, code, count, excerpt } from './markdown.ts';
import { callEach, listAll, readAll, type Step } from './steps.ts';

const maxDocuments = 500;
const maxChecked = 200;
const maxShownPerFile = 50;

interface Suspect {
  readonly from: string;
  readonly line: number;
  readonly target: string;
  readonly path: string;
}

/** Relative links of Markdown files that lead to no file or folder. */
export function* links(): Work {
  const title = '## Broken relative links in Markdown';
  const listed = yield* listAll('Listing all files.', {});
  if (!listed.ok) return `${title}\n\nThe files could not be listed: ${listed.error}`;
  const paths = listed.value.map((file) => file.path);
  const documents = paths.filter((path) => /\.(md|markdown|mdx)$/i.test(path));
  if (documents.length === 0) return `${title}\n\nThere is no Markdown file.`;

  const texts = yield* readAll('Reading the Markdown files.', documents.slice(0, maxDocuments));
  const known = withFolders(paths);
  const suspects: Suspect[] = [];
  const unread: string[] = [];
  let checked = 0;
  let outside = 0;
  for (const [from, text] of texts) {
    if (!text.ok) {
      unread.push(`- ${code(from)}: ${text.error}`);
      continue;
    }
    for (const { line, target } of linksOf(text.value)) {
      const resolved = resolveLink(from, target);
      if (resolved.kind === 'elsewhere') continue;
      checked += 1;
      if (resolved.kind === 'outside') outside += 1;
      else if (!known.has(resolved.path)) suspects.push({ from, line, target, path: resolved.path });
    }
  }

  const hidden = yield* unlisted(suspects);
  const broken = suspects.filter((s) => !hidden.has(s.path));
  const files = groupBy(broken, (s) => s.from);
  const summary = `${count(broken.length, 'broken link')} among ${count(checked, 'relative link')} in ${count(texts.size - unread.length, 'Markdown file')}.`;
  const notes = [
    ...(outside === 0
      ? []
      : [
          `${count(outside, 'link leads', 'links lead')} out of the workspace and ${outside === 1 ? 'was' : 'were'} not checked.`,
        ]),
    ...(documents.length > maxDocuments
      ? [`Only the first ${maxDocuments} of ${documents.length} Markdown files were read.`]
      : []),
  ];
  const lists = [...files].map(([from, group]) => {
    const items = group.map((s) => `- line ${s.line}: ${code(excerpt(s.target))}`);
    return `### ${code(from)}\n\n${capped(items, maxShownPerFile, 'broken link').join('\n')}`;
  });
  const failed = unread.length === 0 ? [] : [`### Not read\n\n${unread.join('\n')}`];
  return [title, summary, ...notes, ...lists, ...failed].join('\n\n');
}

/** Targets that exist though they are not listed (ignored by git, for instance): reading their first line tells. */
function* unlisted(suspects: readonly Suspect[]): Step<ReadonlySet<string>> {
  const targets = [...new Set(suspects.map((s) => s.path))].slice(0, maxChecked);
  const uses = targets.map((path) => ({ name: 'read_file', arguments: { path, start_line: 1, end_line: 1 } }));
  const results = yield* callEach('Checking the targets that were not listed.', uses, () => false);
  return new Set(
    targets.filter((_, i) => {
      const result = results[i];
      return (
        result !== undefined &&
        (!result.isError || /\bis (a binary file|a folder|not a regular file)\b/.test(result.text))
      );
    }),
  );
}

function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const known = new Set<string>(['']);
  for (const path of paths) {
    known.add(path);
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash);
      if (known.has(folder)) break;
      known.add(folder);
    }
  }
  return known;
}
