import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { displayName } from './failures.ts';
import { openInside } from './open-inside.ts';
import { compilePattern } from './pattern.ts';
import { scanLines, type LinePart } from './scan-lines.ts';
import { SearchPage } from './search-page.ts';
import type { FindRequest } from './sandbox/jobs.ts';
import { walk } from './walk.ts';

/** The text of `search_files`: see there. */
export function findInFiles(request: FindRequest): string {
  const matches = matcher(request);
  const { files, unreadableFolders } = walk(request.place);
  const buffer = Buffer.allocUnsafe(64 * 1024);
  const page = new SearchPage(request);
  let searched = 0;
  let binary = 0;
  let unreadable = unreadableFolders;
  for (const file of files) {
    switch (searchFile(request.place.workspace, file, buffer, matches, page)) {
      case 'searched':
        searched += 1;
        break;
      case 'binary':
        binary += 1;
        break;
      case 'unreadable':
        unreadable += 1;
        break;
    }
  }
  const lines = [
    `${page.matches} matching lines in ${page.files} files (${searched} searched, ${binary} binary skipped)`,
    ...page.lines,
  ];
  if (unreadable > 0) lines.push(`… ${unreadable} files or folders could not be read`);
  if (page.next !== null) lines.push(`… more: call again with offset=${page.next}`);
  return lines.join('\n');
}

type Matcher = (part: LinePart) => boolean;

function matcher(request: FindRequest): Matcher {
  const { pattern, regex, caseSensitive, wholeWord } = request;
  if (!regex && caseSensitive && !wholeWord) return ({ text }) => text.includes(pattern);
  // `s`: a line can hold a carriage return or a Unicode line separator.
  const expression = compilePattern({ pattern, regex, case_sensitive: caseSensitive, whole_word: wholeWord }, 'gs');
  if (expression === null)
    throw new Error(`Pattern ${displayName(pattern)} is not a JavaScript regular expression; correct it.`);
  return ({ text, first, last }) => {
    // Within a long line the borders of a part are neither its start nor its end nor the edge of a word.
    expression.lastIndex = first ? 0 : 1;
    const match = expression.exec(text);
    return match !== null && (last || match.index + match[0].length < text.length);
  };
}

function searchFile(
  workspace: string,
  file: string,
  buffer: Buffer,
  matches: Matcher,
  page: SearchPage,
): 'searched' | 'binary' | 'unreadable' {
  const opened = openInside(workspace, join(workspace, file));
  if (opened === null) return 'unreadable';
  const found = page.begin(displayName(file));
  let part: LinePart | null = null;
  let matched = false;
  try {
    const scan = scanLines(opened.fd, buffer, (next) => {
      if (next.first) [part, matched] = [next, false];
      matched ||= matches(next);
      if (next.last && part !== null) found.line(part.number, part.text, matched);
    });
    if (scan.binary) return 'binary';
    page.commit(found);
    return 'searched';
  } catch {
    return 'unreadable';
  } finally {
    closeSync(opened.fd);
  }
}
