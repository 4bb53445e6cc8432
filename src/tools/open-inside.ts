import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { isInside } from './inside.ts';

/**
 * Opens a regular file at an absolute path for the search thread, with the checks of `openContained`: null if it is none,
 * cannot be read, or was reached through a link. The caller closes `fd`.
 */
export function openInside(workspace: string, path: string): { readonly fd: number; readonly size: number } | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const opened = fstatSync(fd);
    if (opened.isFile() && isWhereItSeems(workspace, path, fd, opened.ino)) return { fd, size: opened.size };
  } catch {
    // It vanished or moved between the calls: as if it had not been there.
  }
  closeSync(fd);
  return null;
}

function isWhereItSeems(workspace: string, path: string, fd: number, inode: number): boolean {
  if (process.platform === 'linux') return isInside(workspace, readlinkSync(`/proc/self/fd/${fd}`));
  return realpathSync.native(path) === path && statSync(path).ino === inode;
}
