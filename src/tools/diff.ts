import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { displayName } from './failures.ts';
import { textOf, type CurrentFile } from './read-current.ts';

/** A person is shown at most this many characters of a change. */
const maxDetail = 60 * 1024;

/**
 * What a person approves: the unified diff from the file as it is to its new content, cut at `maxDetail`. Contents that
 * are not text, or too large or too different to compare quickly, are described instead of compared.
 */
export function describeChange(path: string, before: CurrentFile | null, after: string): string {
  const old = before === null ? '' : before.content === null ? null : textOf(before.content);
  const sizes = `${before?.size ?? 0} bytes → ${Buffer.byteLength(after)} bytes`;
  if (old === null) return cut(`The file is replaced (${sizes}); it is too large or not text. New content:\n${after}`);
  const name = displayName(path);
  const patch = createTwoFilesPatch(
    before === null ? '/dev/null' : `a/${name}`,
    `b/${name}`,
    old,
    after,
    undefined,
    undefined,
    {
      context: 3,
      maxEditLength: 20_000,
      // The comparison runs on the event loop, which serves every lane.
      timeout: 300,
      headerOptions: FILE_HEADERS_ONLY,
    },
  );
  if (patch === undefined) return cut(`Too different to compare (${sizes}). New content:\n${after}`);
  return cut(patch);
}

function cut(text: string): string {
  if (text.length <= maxDetail) return text;
  return `${text.slice(0, maxDetail)}\n… cut: ${text.length - maxDetail} more characters are not shown.`;
}
