import { HaiosError } from '../core/errors.ts';

/** Output for the model is cut at this many bytes; every tool that cuts says how to read on. */
export const maxTextBytes = 256 * 1024;

export function failed(message: string, cause?: unknown): HaiosError {
  return new HaiosError('TOOL_FAILED', message, cause === undefined ? {} : { cause });
}

export function denied(message: string): HaiosError {
  return new HaiosError('PATH_DENIED', message);
}

export function cancelled(): HaiosError {
  return new HaiosError('CANCELLED', 'The tool call was cancelled before it ended.');
}

/** What a call ends with whose work was ended for certain. */
export function killed(): HaiosError {
  return new HaiosError('TIMEOUT', 'The tool call did not end in time after its abort, and its work was killed.');
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** The code of a file-system or process error, e.g. `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** One sentence for what the file system refused; an error of ours passes through. */
export function fileFailure(error: unknown, path: string): HaiosError {
  if (error instanceof HaiosError) return error;
  const name = displayName(path);
  switch (codeOf(error)) {
    case 'ENOENT':
      return failed(`There is no file or folder ${name} in the workspace; list_files shows what there is.`, error);
    case 'EISDIR':
      return failed(`${name} is a folder; give the path of a file.`, error);
    case 'ENOTDIR':
      return failed(`A part of ${name} is a file and not a folder; give another path.`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return failed(
        `The file system does not allow this with ${name}; change its permissions or give another path.`,
        error,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return failed(`The disk is full: ${name} was not written. Free some space and try again.`, error);
    case 'ENAMETOOLONG':
      return failed(`The path ${name} is too long for the file system; give a shorter one.`, error);
    case 'ELOOP':
      return denied(`${name} is or passes through a symbolic link that is not followed; give the path of a real file.`);
    default:
      return failed(`${name} could not be used (${codeOf(error) ?? 'unknown error'}); try another path.`, error);
  }
}

/** A path or argument on one line: quoted like a JSON string as soon as it holds anything that cannot be seen as it is. */
export function displayName(text: string): string {
  const plain = text !== '' && !text.startsWith('"') && text.trim() === text && !unseen.test(text);
  return plain ? text : JSON.stringify(text).replace(unseenAll, escapeUnseen);
}

/** A JSON value over several lines, with what cannot be seen as it is escaped. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => line.replace(unseenAll, escapeUnseen))
    .join('\n');
}

// Control characters, line separators, and the invisible or direction-changing ones that make a text look like another.
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/;
const unseenAll = new RegExp(unseen.source, 'g');

function escapeUnseen(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
