import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { access, lstat, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { codeOf, denied, displayName, fileFailure, throwIfAborted } from './failures.ts';
import { verifyOpened, type ContainedPath } from './paths.ts';

export interface AtomicWrite {
  readonly workspace: string;
  readonly target: ContainedPath;
  readonly content: Buffer;
  /** Permission bits to keep; null lets the process's umask decide. */
  readonly mode: number | null;
  readonly signal: AbortSignal;
  /** Called when everything but the last step is done; what it throws stops the write. */
  readonly beforeCommit: () => Promise<void>;
}

/**
 * Writes a file whole or not at all: into a new file beside it, to the disk, then renamed over it. Missing folders are
 * made. After a failure or an abort neither the new file nor a new folder is left. Throws PATH_DENIED, TOOL_FAILED, CANCELLED.
 */
export async function writeAtomic(write: AtomicWrite): Promise<void> {
  const { workspace, target, signal } = write;
  const undo: Undo[] = [];
  try {
    throwIfAborted(signal);
    const folder = await openFolders(workspace, dirname(target.real), target.path, undo);
    const temporary = join(folder.base, `.haios-${randomBytes(8).toString('hex')}.tmp`);
    await writeTemporary(temporary, write, undo);
    throwIfAborted(signal);
    await write.beforeCommit();
    throwIfAborted(signal);
    await rename(temporary, join(folder.base, basename(target.real)));
    undo.splice(0, undo.length, ...undo.filter((step) => step.always));
    await syncFolder(folder.handle);
  } catch (error) {
    throw fileFailure(error, target.path);
  } finally {
    // What cannot be put back must not keep the rest from it, nor hide why the write failed.
    for (const step of undo.reverse()) await step.run().catch(() => undefined);
  }
}

/** A step that puts things back, last made first run; `always` also after success. */
interface Undo {
  readonly always: boolean;
  run(): Promise<void>;
}

/**
 * A folder held open. On Linux `base` names it by its descriptor, so that what is done in it stays in it even if its path
 * is given to something else meanwhile; elsewhere `base` is its path.
 */
interface OpenFolder {
  readonly base: string;
  readonly handle: FileHandle | null;
}

/** Opens the folder, making what is missing one step at a time, each step checked. */
async function openFolders(workspace: string, real: string, shown: string, undo: Undo[]): Promise<OpenFolder> {
  let folder = await openFolder(workspace, workspace, workspace, shown, undo);
  let path = workspace;
  for (const part of relative(workspace, real).split(sep)) {
    if (part === '') continue;
    path = join(path, part);
    const at = join(folder.base, part);
    try {
      await mkdir(at);
      undo.push({ always: false, run: () => rmdir(at) });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    folder = await openFolder(workspace, at, path, shown, undo);
  }
  return folder;
}

async function openFolder(
  workspace: string,
  at: string,
  real: string,
  shown: string,
  undo: Undo[],
): Promise<OpenFolder> {
  if (process.platform === 'win32') return { base: real, handle: null };
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(at, flags).catch(async (error: unknown) => {
    const swapped = codeOf(error) === 'ENOTDIR' && (await lstat(at)).isSymbolicLink();
    throw swapped
      ? denied(`A folder of ${displayName(shown)} was replaced by a symbolic link; nothing was written.`)
      : error;
  });
  undo.push({ always: true, run: () => handle.close() });
  await verifyOpened(workspace, real, shown, handle.fd, await handle.stat({ bigint: true }));
  const byDescriptor = `/proc/self/fd/${handle.fd}`;
  const usable = process.platform === 'linux' && (await exists(byDescriptor));
  return { base: usable ? byDescriptor : real, handle };
}

async function writeTemporary(path: string, { content, mode }: AtomicWrite, undo: Undo[]): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(path, flags, mode ?? 0o666);
  undo.push({ always: false, run: () => rm(path, { force: true }) });
  try {
    await handle.writeFile(content);
    // The umask took its part when the file was made; a kept mode is kept exactly.
    if (mode !== null) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename itself last. Some file systems cannot sync a folder: the file is whole all the same. */
async function syncFolder(handle: FileHandle | null): Promise<void> {
  try {
    await handle?.sync();
  } catch (error) {
    if (!['EINVAL', 'EBADF', 'EPERM', 'EISDIR'].includes(codeOf(error) ?? '')) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
