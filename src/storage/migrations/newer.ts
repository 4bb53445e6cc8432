import { HaiosError } from '../../core/errors.ts';

/** A database that only a newer HAiOS can use. */
export function newerError(path: string, version: number, newest: number): HaiosError {
  return new HaiosError(
    'DATABASE_NEWER',
    `${path} has schema version ${version}, and this HAiOS knows only versions up to ${newest}: ` +
      'update HAiOS, or give another file with --db FILE.',
    { details: { path, version, newest } },
  );
}
