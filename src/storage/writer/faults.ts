import { HaiosError, isHaiosError } from '../../core/errors.ts';

/** What an SQLite error means for us. `refused` is the fault of the row or the statement, not of the file. */
export type Fault = 'busy' | 'damaged' | 'unavailable' | 'refused';

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function faultOf(error: unknown): Fault {
  const code = codeOf(error);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'busy';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'damaged';
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM|AUTH|NOMEM|PROTOCOL|NOLFS)/.test(code)) return 'unavailable';
  if (/^E[A-Z]+$/.test(code)) return 'unavailable';
  return 'refused';
}

/** The disk is full. The log's index file fails with a code of its own when it cannot grow. */
export function isFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC'].includes(codeOf(error));
}

/** One sentence on why a file cannot be used, and the remedy. */
export function reasonOf(error: unknown, path: string): string {
  const code = codeOf(error);
  if (isHaiosError(error)) return error.message;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return `${path} is locked by another program: close the program that holds it.`;
  }
  if (isFull(error)) return `The disk is full: ${path} cannot grow. Free some space.`;
  if (/^SQLITE_(READONLY|PERM)/.test(code) || code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `${path} may not be written: give it and its folder write permission, or another path with --db FILE.`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `${path} cannot be used (${code === '' ? message : `${code}: ${message}`}): give another path with --db FILE.`;
}

/** A row or a request that no database would take: a defect of whoever made it. */
export function refusal(what: string, error: unknown): HaiosError {
  const message = error instanceof Error ? error.message : String(error);
  return new HaiosError('INTERNAL', `${what} was not stored: ${message}`, { cause: error });
}
