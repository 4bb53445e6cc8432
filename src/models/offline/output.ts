/** How the tools write their results (the other side of `src/tools`), read back. */

export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  /** Null for a binary file. */
  readonly lines: number | null;
}

export interface FoundLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly match: boolean;
}

export interface FoundPage {
  /** What the header says: all matching lines, files with matches, files searched, binary files skipped. */
  readonly matching: number;
  readonly files: number;
  readonly searched: number;
  readonly binary: number;
  readonly lines: readonly FoundLine[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
}

export function parseList(text: string): { readonly files: readonly ListedFile[]; readonly next: number | null } {
  const { body, next } = split(text);
  const files = body.slice(1).flatMap((line): ListedFile[] => {
    if (line === '') return [];
    const match = /^(\d+)\t(\d+|-)\t(.+)$/.exec(line);
    if (match === null) return [{ path: unquote(line), bytes: 0, lines: null }];
    return [
      { path: unquote(match[3] ?? ''), bytes: Number(match[1]), lines: match[2] === '-' ? null : Number(match[2]) },
    ];
  });
  return { files, next };
}

export function parseSearch(text: string): FoundPage {
  const { body, next } = split(text);
  const header = /^(\d+) matching lines? in (\d+) files? \((\d+) searched(?:, (\d+) binary skipped)?/.exec(
    body[0] ?? '',
  );
  const [matching = 0, files = 0, searched = 0, binary = 0] = (header ?? []).slice(1).map((n) => Number(n ?? 0));
  const lines: FoundLine[] = [];
  let path = '';
  for (const line of body.slice(1)) {
    const numbered = /^(\d+)([:-])(.*)$/.exec(line);
    if (line.startsWith('== ')) path = unquote(line.slice(3));
    else if (numbered !== null) {
      lines.push({ path, line: Number(numbered[1]), text: numbered[3] ?? '', match: numbered[2] === ':' });
    }
  }
  return { matching, files, searched, binary, lines, next };
}

/** A page of a file: its lines and where the next page begins. */
export function parseRead(text: string): { readonly lines: readonly string[]; readonly next: number | null } {
  const end = text.indexOf('\n');
  const header = / lines (\d+)-(\d+) of (\d+) \(\d+ bytes\)/.exec(end < 0 ? text : text.slice(0, end));
  const lines = end < 0 ? [] : text.slice(end + 1).split('\n');
  if (header === null) return { lines, next: null };
  const [from = 1, to = 0, all = 0] = header.slice(1).map(Number);
  return { lines: lines.slice(0, Math.max(0, to - from + 1)), next: to < all && to >= from ? to + 1 : null };
}

export function parseBlame(text: string): readonly { line: number; date: string; author: string }[] {
  return text.split('\n').flatMap((row) => {
    const match = /^(\d+)\t(\d{4}-\d\d-\d\d)\t(.*)$/.exec(row);
    return match === null ? [] : [{ line: Number(match[1]), date: match[2] ?? '', author: match[3] ?? '' }];
  });
}

/** Names with characters that cannot be seen come quoted as in JSON. */
function unquote(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    const plain: unknown = JSON.parse(name);
    return typeof plain === 'string' ? plain : name;
  } catch {
    return name;
  }
}

function split(text: string): { body: string[]; next: number | null } {
  const body = text.split('\n').map((line) => line.replace(/\r$/, ''));
  while (body.at(-1) === '') body.pop();
  const more = /^… .*more: call again with offset=(\d+)/.exec(body.at(-1) ?? '');
  if (more !== null) body.pop();
  return { body, next: more === null ? null : Number(more[1]) };
}
