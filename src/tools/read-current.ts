import { createHash } from 'node:crypto';
import { codeOf } from './failures.ts';
import { openContained, type ContainedPath } from './paths.ts';

/** A file as it is now. */
export interface CurrentFile {
  readonly size: number;
  readonly sha256: string;
  /** Permission bits. */
  readonly mode: number;
  /** Its whole content, or null when it is larger than `maxEditBytes`. */
  readonly content: Buffer | null;
}

/** Tools edit and compare files up to this size. */
export const maxEditBytes = 10 * 1024 * 1024;

/** Null when there is no such file. Throws PATH_DENIED or TOOL_FAILED when it cannot be read. */
export async function readCurrent(workspace: string, target: ContainedPath): Promise<CurrentFile | null> {
  let handle;
  try {
    handle = await openContained(workspace, target);
  } catch (error) {
    if (error instanceof Error && codeOf(error.cause) === 'ENOENT') return null;
    throw error;
  }
  try {
    const { mode } = await handle.stat();
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    const buffer = Buffer.allocUnsafe(256 * 1024);
    let size = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      size += bytesRead;
      if (size <= maxEditBytes) kept.push(Buffer.from(chunk));
      else kept.length = 0;
    }
    const content = size <= maxEditBytes ? Buffer.concat(kept) : null;
    return { size, sha256: hash.digest('hex'), mode: mode & 0o777, content };
  } finally {
    await handle.close();
  }
}

/** The text of a file that is valid UTF-8 without NUL, byte for byte; null for any other. A byte order mark is kept. */
export function textOf(content: Buffer): string | null {
  if (content.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}
