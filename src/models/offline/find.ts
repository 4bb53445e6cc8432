import type { Work } from './conversation.ts';
import { groupBy } from './group.ts';
import { termText, type Term } from './intent.ts';
import { code, count, excerpt, fence } from './markdown.ts';
import { inPlace, searchArguments } from './search.ts';
import { searchAll } from './steps.ts';

const maxShown = 100;

/** Matching lines by file, with two lines of context. */
export function* find(term: Term, glob: string | null): Work {
  const title = `## Find ${code(termText(term))}${glob === null ? '' : ` in ${code(glob)}`}`;
  const found = yield* searchAll(
    `Searching for ${termText(term)}.`,
    { ...searchArguments(term, glob), context: 2 },
    maxShown,
  );
  if (!found.ok) return `${title}\n\nThe search failed: ${found.error}`;
  const { header } = found.value;
  if (header.matching === 0) return `${title}\n\nNothing found in ${count(header.searched, 'searched file')}.`;

  const paths = new Set(found.value.lines.map((line) => line.path));
  const lines = found.value.lines.filter((line) => inPlace(line.path, glob, paths));
  const parts = [...groupBy(lines, (line) => line.path)].map(([path, group]) => {
    const shown: string[] = [];
    let last = group[0]?.line ?? 0;
    for (const { line, text, match } of group) {
      if (line > last + 1) shown.push('');
      last = line;
      shown.push(`${String(line).padStart(5)}${match ? ':' : ' '} ${excerpt(text.trimEnd(), 200)}`);
    }
    const matches = group.filter((line) => line.match).length;
    return `### ${code(path)} (${count(matches, 'line')})\n\n${fence(shown)}`;
  });
  const matches = lines.filter((line) => line.match).length;
  const more = header.matching > maxShown ? ` The first ${matches} are shown.` : '';
  const all = header.matching > maxShown || glob === null ? header.matching : matches;
  return `${title}\n\n${count(all, 'matching line')} in ${count(Math.max(header.files, 1), 'file')} of ${count(header.searched, 'searched file')}.${more}\n\n${parts.join('\n\n')}`;
}
