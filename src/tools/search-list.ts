import { closeSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { displayName } from './failures.ts';
import { openInside } from './open-inside.ts';
import { scanLines } from './scan-lines.ts';
import type { ListRequest } from './sandbox/jobs.ts';
import { walk } from './walk.ts';

/** The text of `list_files`: see there. */
export function listFiles(request: ListRequest): string {
  const { files, unreadableFolders } = walk(request.place);
  const lines = [`${files.length} files`];
  const buffer = Buffer.allocUnsafe(64 * 1024);
  let bytes = 0;
  let shown = request.offset;
  for (const file of files.slice(request.offset, request.offset + request.maxResults)) {
    const line = request.details ? detailLine(request.place.workspace, file, buffer) : displayName(file);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > request.maxBytes) break;
    lines.push(line);
    shown += 1;
  }
  if (unreadableFolders > 0) lines.push(`… ${unreadableFolders} folders could not be read`);
  if (shown < files.length) lines.push(`… more: call again with offset=${shown}`);
  return lines.join('\n');
}

/** `BYTES\tLINES\tpath`; LINES counts a last line without a line end, and is `-` for what is binary or cannot be read. */
function detailLine(workspace: string, file: string, buffer: Buffer): string {
  const path = join(workspace, file);
  const opened = openInside(workspace, path);
  if (opened === null) return `${sizeOf(path)}\t-\t${displayName(file)}`;
  try {
    const scan = scanLines(opened.fd, buffer, null);
    return `${opened.size}\t${scan.binary ? '-' : scan.lines}\t${displayName(file)}`;
  } catch {
    return `${opened.size}\t-\t${displayName(file)}`;
  } finally {
    closeSync(opened.fd);
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
