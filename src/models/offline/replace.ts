import type { Work } from './conversation.ts';
import { termText, type Term } from './intent.ts';
import { code, count } from './markdown.ts';
import { inPlace, searchArguments } from './search.ts';
import { callEach, firstLine, searchAll } from './steps.ts';

const maxFiles = 200;
/** As many as may be written at once. */
const filesPerTurn = 4;

/** Edits every file that holds the term, and says of each what became of it. */
export function* replace(term: Term, by: string, glob: string | null): Work {
  const what = `${code(termText(term))} with ${code(`"${by}"`)}${glob === null ? '' : ` in ${code(glob)}`}`;
  const title = `## Replace ${what}`;
  const found = yield* searchAll(`Searching for ${termText(term)}.`, searchArguments(term, glob));
  if (!found.ok) return `${title}\n\nThe search failed, nothing was changed: ${found.error}`;
  const all = new Set(found.value.lines.filter((line) => line.match).map((line) => line.path));
  const paths = [...all].filter((path) => inPlace(path, glob, all));
  if (paths.length === 0) {
    return `${title}\n\nNothing to replace in ${count(found.value.header.searched, 'searched file')}.`;
  }

  const uses = paths.slice(0, maxFiles).map((path) => ({
    name: 'edit_file',
    arguments: {
      path,
      find: term.kind === 'text' ? term.text : term.source,
      replace: by,
      ...(term.kind === 'regex' ? { regex: true } : {}),
      ...(term.kind === 'regex' && term.ignoreCase ? { case_sensitive: false } : {}),
      all: true,
    },
  }));
  const results = yield* callEach(`Editing ${count(uses.length, 'file')}.`, uses, () => false, filesPerTurn);
  const done: string[] = [];
  const failed: string[] = [];
  let replaced = 0;
  results.forEach((result, i) => {
    const path = paths[i] ?? '';
    if (result.isError) {
      failed.push(`- ${code(path)}: ${firstLine(result.text)}`);
      return;
    }
    const times = Number(/^(\d+) replacements?\b/.exec(result.text)?.[1] ?? 0);
    replaced += times;
    done.push(`- ${code(path)}: ${count(times, 'replacement')}`);
  });
  const left = paths.length - uses.length;
  return [
    title,
    `${count(replaced, 'replacement')} in ${count(done.length, 'file')}; ${failed.length === 0 ? 'no file was left as it was' : `${count(failed.length, 'file')} left as ${failed.length === 1 ? 'it was' : 'they were'}`}.`,
    ...(done.length === 0 ? [] : [`### Changed\n\n${done.join('\n')}`]),
    ...(failed.length === 0 ? [] : [`### Not changed\n\n${failed.join('\n')}`]),
    ...(left === 0 ? [] : [`${count(left, 'more file holds', 'more files hold')} it; run the same prompt again.`]),
  ].join('\n\n');
}
