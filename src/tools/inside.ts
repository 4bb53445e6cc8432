import { isAbsolute, relative, sep } from 'node:path';

/** Whether the absolute path `path` is `folder` or lies below it. Compares names only: resolve both first. */
export function isInside(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}

/** `path` below `folder` with `/` between its parts; `.` for the folder itself. */
export function below(folder: string, path: string): string {
  const rest = relative(folder, path);
  return rest === '' ? '.' : rest.split(sep).join('/');
}
