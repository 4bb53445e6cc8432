import type { ToolResultMessage } from '../../core/ports.ts';
import type { Work } from './conversation.ts';
import { groupBy } from './group.ts';
import { capped, cell, code, count, excerpt, table } from './markdown.ts';
import { parseBlame, type FoundLine } from './output.ts';
import { callEach, firstLine, searchAll, type Step } from './steps.ts';

const words = ['TODO', 'FIXME', 'HACK'] as const;
const maxFilesBlamed = 160;
const maxLinesPerFile = 40;
const maxFilesShown = 80;

interface Written {
  readonly date: string;
  readonly author: string;
}

/**
 * Lines that hold one of the words as a whole word in capitals, by file with counts, and when git can tell, since when
 * and by whom. A line that holds two of them counts once.
 */
export function* todo(canBlame: boolean): Work {
  const title = '## TODO, FIXME and HACK notes';
  const found = yield* searchAll('Searching for TODO, FIXME and HACK.', {
    pattern: words.join('|'),
    regex: true,
    whole_word: true,
  });
  if (!found.ok) return `${title}\n\nThe search failed: ${found.error}`;
  const lines = found.value.lines.filter((line) => line.match);
  if (lines.length === 0) return `${title}\n\nNone in ${count(found.value.header.searched, 'searched file')}.`;

  const byFile = groupBy(lines, (line) => line.path);
  const ages = canBlame
    ? yield* blame(byFile)
    : { written: new Map<string, Written>(), note: 'git cannot be asked here, so their age is unknown.' };
  const perWord = words.map((word) => `${word} ${lines.filter((line) => has(line.text, word)).length}`).join(', ');
  const partial = found.value.complete
    ? ''
    : ` Only ${lines.length} of ${found.value.header.matching} lines were read.`;
  const head = `${count(lines.length, 'line')} in ${count(byFile.size, 'file')} (lines with ${perWord}).${partial}`;
  const files = [...byFile].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  return [
    title,
    head,
    ages.note,
    table(
      ['File', 'Lines', 'Oldest'],
      files
        .slice(0, maxFilesShown)
        .map(([path, group]) => [cell(path), String(group.length), oldest(group, ages.written)]),
      [1],
    ),
    ...(files.length > maxFilesShown ? [`… and ${count(files.length - maxFilesShown, 'more file')}.`] : []),
    ...files.slice(0, maxFilesShown).map(([path, group]) => details(path, group, ages.written)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function details(path: string, group: readonly FoundLine[], written: ReadonlyMap<string, Written>): string {
  const items = group.map((line) => {
    const by = written.get(key(line));
    const since = by === undefined ? '' : ` — since ${by.date}, ${code(excerpt(by.author, 60))}`;
    return `- ${line.line}: ${code(excerpt(line.text))}${since}`;
  });
  return `### ${code(path)}\n\n${capped(items, maxLinesPerFile, 'line').join('\n')}`;
}

/** When each line was last written, as far as git says; the first refusal of a whole batch ends the asking. */
function* blame(
  byFile: ReadonlyMap<string, readonly FoundLine[]>,
): Step<{ written: ReadonlyMap<string, Written>; note: string }> {
  const files = [...byFile].slice(0, maxFilesBlamed);
  const uses = files.map(([path, group]) => ({
    name: 'git_blame',
    arguments: { path, lines: group.slice(0, maxLinesPerFile).map((line) => line.line) },
  }));
  const useless = (results: readonly ToolResultMessage[]): boolean => results.every((result) => result.isError);
  const results = yield* callEach('Asking git for their age.', uses, useless);
  const written = new Map<string, Written>();
  results.forEach((result, i) => {
    if (result.isError) return;
    for (const { line, date, author } of parseBlame(result.text))
      written.set(`${files[i]?.[0]}:${line}`, { date, author });
  });
  const refusal = results.find((result) => result.isError);
  const note =
    written.size === 0
      ? `Their age is unknown: ${refusal === undefined ? 'git told nothing' : firstLine(refusal.text)}`
      : byFile.size > maxFilesBlamed
        ? `The age is given for the first ${maxFilesBlamed} files.`
        : '';
  return { written, note };
}

function oldest(group: readonly FoundLine[], written: ReadonlyMap<string, Written>): string {
  const dates = group.flatMap((line) => written.get(key(line))?.date ?? []).sort();
  return dates[0] ?? '';
}

function has(text: string, word: string): boolean {
  return new RegExp(`\\b${word}\\b`).test(text);
}

function key(line: FoundLine): string {
  return `${line.path}:${line.line}`;
}
