import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf, denied, displayName, failed, fileFailure } from './failures.ts';
import { below, isInside } from './inside.ts';
import { isProtected, isProtectedTarget } from './protected-paths.ts';

/** A path from a model that was found to lie in the workspace when it was looked at. */
export interface ContainedPath {
  /** As asked, workspace-relative, normalised, with `/`; `.` for the workspace itself. */
  readonly path: string;
  /** Absolute, every symbolic link resolved; parts that do not exist yet are kept as given. */
  readonly real: string;
  /** `real`, workspace-relative, with `/`. */
  readonly realPath: string;
  readonly exists: boolean;
}

/**
 * Finds where a path from a model leads. Relative paths start at the workspace, which must be absolute and real.
 * Throws PATH_DENIED, naming the path, when it leads out of the workspace (`..`, absolute, by a symbolic link), cannot be
 * resolved for certain (NUL, a dangling or circular link) or names a device.
 */
export async function contain(workspace: string, path: string): Promise<ContainedPath> {
  const outside = denied(`Path ${displayName(path)} leads out of the workspace; give a path inside it.`);
  if (path.includes('\0')) throw denied(`Path ${displayName(path)} contains a NUL character; give a plain path.`);
  const device = deviceName(path, process.platform);
  if (device !== null)
    throw denied(`Path ${displayName(path)} contains "${device}", which names a device; give a plain path.`);

  const asked = resolve(workspace, path);
  const lexicallyInside = isInside(workspace, asked);
  const resolved = await resolveLinks(asked, path).catch((error: unknown) => {
    // What exists outside is nobody's business: every failure there reads the same.
    throw lexicallyInside ? error : outside;
  });
  if (!isInside(workspace, resolved.real)) throw outside;
  const realPath = below(workspace, resolved.real);
  return { ...resolved, realPath, path: lexicallyInside ? below(workspace, asked) : realPath };
}

/** Whether a write to it must ask even when everything else is approved. */
export async function needsPerson(workspace: string, target: ContainedPath): Promise<boolean> {
  return isProtected(target.path) || isProtected(target.realPath) || (await isProtectedTarget(workspace, target.real));
}

/**
 * Opens an existing regular file for reading and makes sure that what was opened is what `contain` looked at: a link put
 * in its place, or in the place of a folder above it, meanwhile is found out (PATH_DENIED). The caller closes it.
 */
export async function openContained(workspace: string, target: ContainedPath): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // Not blocking, since opening a named pipe would otherwise wait for a writer.
    handle = await open(target.real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw fileFailure(error, target.path);
  }
  try {
    const opened = await handle.stat({ bigint: true });
    if (opened.isDirectory()) throw failed(`${displayName(target.path)} is a folder; give the path of a file.`);
    if (!opened.isFile()) throw failed(`${displayName(target.path)} is not a regular file; give the path of one.`);
    await verifyOpened(workspace, target.real, target.path, handle.fd, opened);
    return handle;
  } catch (error) {
    await handle.close();
    throw fileFailure(error, target.path);
  }
}

/** Throws PATH_DENIED unless the open descriptor is the very file or folder at `real`, reached without any link. */
export async function verifyOpened(
  workspace: string,
  real: string,
  shown: string,
  fd: number,
  opened: BigIntStats,
): Promise<void> {
  const moved = denied(`${displayName(shown)} changed its place while it was opened; it was not used. Try again.`);
  try {
    if ((await realpath(real)) !== real) throw moved;
    const now = await stat(real, { bigint: true });
    if (now.ino !== opened.ino || now.dev !== opened.dev) throw moved;
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? moved : error;
  }
  const place = await descriptorPath(fd);
  if (place !== null && !isInside(workspace, place)) throw moved;
}

/** Windows reads these names as devices, `:` as a stream and drops trailing dots and spaces: the part that does so. */
export function deviceName(path: string, platform: NodeJS.Platform): string | null {
  if (platform !== 'win32') return null;
  if (/^[\\/]{2}[.?]/.test(path)) return path.slice(0, 4);
  const segments = path.replace(/^[a-z]:/i, '').split(/[\\/]+/);
  return (
    segments.find((segment) => reserved.test(segment) || /[<>:"|?*]/.test(segment) || trailing.test(segment)) ?? null
  );
}

const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i;
const trailing = /[^.][. ]+$/;

/** Linux can say where an open descriptor really is, whatever the path says by now; null elsewhere. */
async function descriptorPath(fd: number): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  try {
    return await readlink(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}

async function resolveLinks(absolute: string, shown: string): Promise<{ real: string; exists: boolean }> {
  const missing: string[] = [];
  for (let current = absolute; ; current = dirname(current)) {
    try {
      return { real: join(await realpath(current), ...missing), exists: missing.length === 0 };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || current === dirname(current)) throw fileFailure(error, shown);
      if (await isLink(current)) {
        throw denied(
          `Path ${displayName(shown)} passes through a symbolic link that leads nowhere; give another path.`,
        );
      }
      missing.unshift(basename(current));
    }
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}
