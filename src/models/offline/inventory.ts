import type { Work } from './conversation.ts';
import { groupBy } from './group.ts';
import { cell, code, count, excerpt, table } from './markdown.ts';
import { markdownLines } from './markdown-lines.ts';
import type { ListedFile } from './output.ts';
import { languageOf } from './languages.ts';
import { listAll, readAll } from './steps.ts';

const maxReadmes = 3;
const maxHeadings = 60;
const maxHeadingLength = 300;

/** Files, languages, lines, the ten largest files, the headings of the READMEs nearest the root. */
export function* inventory(canRead: boolean): Work {
  const listed = yield* listAll('Listing all files.', { details: true });
  if (!listed.ok) return `## Inventory\n\nThe files could not be listed: ${listed.error}`;
  const files = listed.value;
  const parts = [`## Inventory\n\n${summary(files)}`];
  if (files.length > 0) parts.push(languages(files), largest(files));
  const readmes = canRead ? pickReadmes(files) : [];
  if (readmes.length > 0) {
    const texts = yield* readAll('Reading the README headings.', readmes);
    for (const path of readmes) {
      const text = texts.get(path);
      if (text === undefined) continue;
      parts.push(
        `### Headings of ${code(path)}\n\n${text.ok ? headings(text.value) : `It could not be read: ${text.error}`}`,
      );
    }
  } else if (canRead) parts.push('There is no README.');
  return parts.join('\n\n');
}

function summary(files: readonly ListedFile[]): string {
  const bytes = files.reduce((sum, f) => sum + f.bytes, 0);
  const binary = files.filter((f) => f.lines === null).length;
  return `${count(files.length, 'file')}, ${count(totalLines(files), 'line')} of text, ${size(bytes)}; ${binary === 0 ? 'no binary files' : count(binary, 'binary file')}.`;
}

function languages(files: readonly ListedFile[]): string {
  const groups = groupBy(files, (file) => languageOf(file.path));
  const rows = [...groups]
    .map(([language, group]) => ({ language, files: group.length, lines: totalLines(group) }))
    .sort((a, b) => b.lines - a.lines || b.files - a.files || (a.language < b.language ? -1 : 1))
    .map((row) => [row.language, row.files.toLocaleString('en-GB'), row.lines.toLocaleString('en-GB')]);
  return `### Languages\n\n${table(['Language', 'Files', 'Lines'], rows, [1, 2])}`;
}

function largest(files: readonly ListedFile[]): string {
  const rows = [...files]
    .sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
    .slice(0, 10)
    .map((f) => [cell(f.path), size(f.bytes), f.lines === null ? 'binary' : f.lines.toLocaleString('en-GB')]);
  return `### Largest files\n\n${table(['File', 'Size', 'Lines'], rows, [1, 2])}`;
}

function pickReadmes(files: readonly ListedFile[]): readonly string[] {
  return files
    .map((f) => f.path)
    .filter((path) => /(^|\/)readme(\.(md|markdown|txt|rst))?$/i.test(path))
    .sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))
    .slice(0, maxReadmes);
}

function headings(lines: readonly string[]): string {
  const found = markdownLines(lines).flatMap(({ text }) => {
    const match = /^ {0,3}(#{1,6})[ \t](.*)$/.exec(text.slice(0, maxHeadingLength));
    return match === null
      ? []
      : [{ level: (match[1] ?? '#').length, title: (match[2] ?? '').trim().replace(/ #+$/, '') }];
  });
  if (found.length === 0) return 'It has no headings.';
  const top = found.reduce((least, { level }) => Math.min(least, level), 6);
  const items = found
    .slice(0, maxHeadings)
    .map(({ level, title }) => `${'  '.repeat(level - top)}- ${code(excerpt(title))}`);
  return [...items, ...(found.length > maxHeadings ? ['- …'] : [])].join('\n');
}

function totalLines(files: readonly ListedFile[]): number {
  return files.reduce((sum, f) => sum + (f.lines ?? 0), 0);
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
