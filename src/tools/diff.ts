import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { ToolContext } from '../core/ports.ts';
import { displayName } from './failures.ts';
import { textOf, type CurrentFile } from './read-current.ts';
import type { DiffRequest } from './sandbox/jobs.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';

/** A person is shown at most this many characters of a change. */
const maxDetail = 60 * 1024;
/** Texts of both together up to this many characters are compared on the event loop, which serves every lane: briefly. */
const inlineLength = 64 * 1024;
const inlineMs = 10;
const threadMs = 2000;

/**
 * What a person approves: the unified diff from the file as it is to its new content, cut at `maxDetail`. Contents that
 * are not text, or too large or too different to compare quickly, are described instead of compared.
 */
export async function describeChange(
  path: string,
  before: CurrentFile | null,
  after: string,
  sandboxes: Sandboxes,
  context: ToolContext,
): Promise<string> {
  const old = before === null ? null : before.content === null ? undefined : (textOf(before.content) ?? undefined);
  const sizes = `${before?.size ?? 0} bytes → ${Buffer.byteLength(after)} bytes`;
  if (old === undefined)
    return cut(`The file is replaced (${sizes}); it is too large or not text. New content:\n${after}`);
  const request = { op: 'diff', name: displayName(path), before: old, after, limitMs: threadMs } as const;
  const small = (old?.length ?? 0) + after.length <= inlineLength;
  const quick = small ? unifiedDiff({ ...request, limitMs: inlineMs }) : null;
  const diff = quick ?? (await sandboxes.job(request, context)).text;
  return diff ?? cut(`Too different to compare (${sizes}). New content:\n${after}`);
}

/** Cut at `maxDetail`; null when it takes longer than the limit, or the texts differ too much. */
export function unifiedDiff({ name, before, after, limitMs }: DiffRequest): string | null {
  const from = before === null ? '/dev/null' : `a/${name}`;
  const patch = createTwoFilesPatch(from, `b/${name}`, before ?? '', after, undefined, undefined, {
    context: 3,
    maxEditLength: 20_000,
    timeout: limitMs,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return patch === undefined ? null : cut(patch);
}

function cut(text: string): string {
  if (text.length <= maxDetail) return text;
  return `${text.slice(0, maxDetail)}\n… cut: ${text.length - maxDetail} more characters are not shown.`;
}
