import type { ToolResultMessage } from '../../core/ports.ts';
import type { Batch, ToolUse } from './conversation.ts';
import { parseList, parseRead, parseSearch, type FoundLine, type FoundPage, type ListedFile } from './output.ts';

/** A part of an intent's work that ends with a value. */
export type Step<T> = Generator<Batch, T, readonly ToolResultMessage[]>;

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

const maxPages = 60;
const pageSizes = { list_files: 5000, search_files: 2000 };

/** How many independent calls go out in one turn. */
export const batchSize = 16;

export interface Found {
  readonly header: FoundPage;
  readonly lines: readonly FoundLine[];
  /** Every page was read. */
  readonly complete: boolean;
}

/** All files, page by page. */
export function* listAll(
  saying: string,
  options: { glob?: string; details?: boolean },
): Step<Outcome<readonly ListedFile[]>> {
  const files: ListedFile[] = [];
  let offset: number | null = 0;
  for (let page = 0; offset !== null && page < maxPages; page++) {
    const args = { ...options, max_results: pageSizes.list_files, ...(offset === 0 ? {} : { offset }) };
    const result: ToolResultMessage | undefined = (yield one(saying, 'list_files', args))[0];
    if (result === undefined || result.isError) return failure(result);
    const read = parseList(result.text);
    files.push(...read.files);
    offset = onwards(read.next, offset);
  }
  return { ok: true, value: files };
}

/** All matching lines, page by page, at most `limit` of them. */
export function* searchAll(
  saying: string,
  options: Readonly<Record<string, unknown>>,
  limit = 100_000,
): Step<Outcome<Found>> {
  const lines: FoundLine[] = [];
  let header: FoundPage | null = null;
  let offset: number | null = 0;
  for (let page = 0; offset !== null && page < maxPages && offset < limit; page++) {
    const args = {
      ...options,
      max_results: Math.min(limit, pageSizes.search_files),
      ...(offset === 0 ? {} : { offset }),
    };
    const result: ToolResultMessage | undefined = (yield one(saying, 'search_files', args))[0];
    if (result === undefined || result.isError) return failure(result);
    const read = parseSearch(result.text);
    header ??= read;
    lines.push(...read.lines);
    offset = onwards(read.next, offset);
  }
  return { ok: true, value: { header: header ?? parseSearch(''), lines, complete: offset === null } };
}

/** Whole texts of files, several at a time. A file that cannot be read has its error instead. */
export function* readAll(
  saying: string,
  paths: readonly string[],
): Step<ReadonlyMap<string, Outcome<readonly string[]>>> {
  const texts = new Map<string, Outcome<readonly string[]>>();
  let open: { path: string; from: number }[] = paths.map((path) => ({ path, from: 1 }));
  for (let turn = 0; open.length > 0 && turn < maxPages; turn++) {
    const now = open.slice(0, batchSize);
    const results: readonly ToolResultMessage[] = yield {
      saying,
      calls: now.map(({ path, from }) => ({
        name: 'read_file',
        arguments: from === 1 ? { path } : { path, start_line: from },
      })),
    };
    const onward: { path: string; from: number }[] = [];
    now.forEach(({ path, from }, i) => {
      const result = results[i];
      if (result === undefined || result.isError) {
        texts.set(path, failure(result));
        return;
      }
      const read = parseRead(result.text);
      const before = texts.get(path);
      texts.set(path, { ok: true, value: [...(before?.ok === true ? before.value : []), ...read.lines] });
      if (read.next !== null && read.next > from) onward.push({ path, from: read.next });
    });
    open = [...onward, ...open.slice(batchSize)];
  }
  for (const { path } of open) texts.set(path, { ok: false, error: 'not read: there are too many files' });
  return texts;
}

/** The same tool over many arguments, several at a time; stops early when `enough` says so of a batch's results. */
export function* callEach(
  saying: string,
  uses: readonly ToolUse[],
  enough: (results: readonly ToolResultMessage[]) => boolean,
  size = batchSize,
): Step<readonly ToolResultMessage[]> {
  const all: ToolResultMessage[] = [];
  for (let start = 0; start < uses.length; start += size) {
    const results: readonly ToolResultMessage[] = yield { saying, calls: uses.slice(start, start + size) };
    all.push(...results);
    if (enough(results)) break;
  }
  return all;
}

function one(saying: string, name: string, args: Readonly<Record<string, unknown>>): Batch {
  return { saying, calls: [{ name, arguments: args }] };
}

/** A page that does not lead on ends the reading, whatever it says. */
function onwards(next: number | null, offset: number): number | null {
  return next !== null && next > offset ? next : null;
}

function failure(result: ToolResultMessage | undefined): { ok: false; error: string } {
  return { ok: false, error: result === undefined ? 'no result came back' : firstLine(result.text) };
}

export function firstLine(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
