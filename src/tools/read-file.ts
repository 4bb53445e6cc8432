import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import type { Tool } from '../core/ports.ts';
import { parseArguments, pathSchema, specOf, wrongArgument } from './arguments.ts';
import { displayName, failed, fileFailure, maxTextBytes, throwIfAborted } from './failures.ts';
import { openContained } from './paths.ts';
import { permitted } from './permitted.ts';

const name = 'read_file';
const schema = z.strictObject({
  path: pathSchema.describe('Workspace-relative path of a text file'),
  start_line: z.int().min(1).optional().describe('First line, from 1'),
  end_line: z.int().min(1).optional().describe('Last line, included'),
});

/**
 * Reads lines of a text file in bounded memory, whatever its size. Output: `PATH lines A-B of N (BYTES bytes)`, then the
 * lines as they are; when cut at 256 KiB, a last line that begins with `… more:` and says how to read on.
 * Lines are counted with a last one that has no line end. A file with a NUL byte is binary and refused.
 */
export function readFileTool(): Tool {
  return {
    spec: specOf(name, 'Read a text file of the workspace, or some of its lines.', schema),
    lane: 'file_read',
    sandbox: 'inline',
    async run(input, context) {
      throwIfAborted(context.signal);
      const { path, start_line: start = 1, end_line: end = Infinity } = parseArguments(name, schema, input);
      if (end < start) throw wrongArgument(name, 'end_line', end, `lies before start_line ${start}`);
      const target = await permitted(context, path);
      const handle = await openContained(context.workspace, target);
      try {
        const range = await readRange(handle, start, end, context.signal);
        const shown = displayName(target.path);
        if (range === null) throw failed(`${shown} is a binary file, so it was not read; only text files can be.`);
        if (start > Math.max(range.lines, 1)) {
          throw wrongArgument(name, 'start_line', start, `${shown} has only ${range.lines} lines`);
        }
        const first = Math.min(start, range.lines);
        const header = `${shown} lines ${first}-${range.lastLine} of ${range.lines} (${range.bytes} bytes)`;
        return { text: `${header}\n${range.text}${range.cut}` };
      } catch (error) {
        throw fileFailure(error, target.path);
      } finally {
        await handle.close();
      }
    },
  };
}

interface Range {
  readonly text: string;
  /** Empty, or the last line that says how to read on. */
  readonly cut: string;
  /** The last line in `text`. */
  readonly lastLine: number;
  readonly lines: number;
  readonly bytes: number;
}

/** Goes through the whole file, since its number of lines is wanted, and keeps only what is asked. Null: it is binary. */
async function readRange(handle: FileHandle, start: number, end: number, signal: AbortSignal): Promise<Range | null> {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let bytes = 0;
  let line = 1;
  let lastByte = newline;
  let ended = false;
  for (;;) {
    throwIfAborted(signal);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    if (chunk.includes(0)) return null;
    bytes += bytesRead;
    lastByte = chunk[bytesRead - 1] ?? newline;
    let wantedFrom = line >= start ? 0 : -1;
    let wantedTo = bytesRead;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) {
      line += 1;
      if (line === start) wantedFrom = at + 1;
      if (line === end + 1) wantedTo = at + 1;
    }
    if (wantedFrom !== -1 && !ended && keptBytes <= maxTextBytes) {
      // One byte more than is given out shows that there is more.
      const piece = Buffer.from(
        chunk.subarray(wantedFrom, Math.min(wantedTo, wantedFrom + maxTextBytes + 1 - keptBytes)),
      );
      kept.push(piece);
      keptBytes += piece.length;
    }
    ended = line > end;
  }
  const lines = lastByte === newline ? line - 1 : line;
  return { ...render(Buffer.concat(kept), start, Math.min(end, lines)), lines, bytes };
}

function render(kept: Buffer, start: number, end: number): Pick<Range, 'text' | 'cut' | 'lastLine'> {
  if (kept.length <= maxTextBytes) {
    const text = kept.toString('utf8');
    return { text: text.endsWith('\n') ? text.slice(0, -1) : text, cut: '', lastLine: end };
  }
  const lastEnd = kept.lastIndexOf(newline, maxTextBytes - 1);
  if (lastEnd === -1) {
    const text = kept.toString('utf8', 0, maxTextBytes).replace(/\ufffd{1,3}$/, '');
    const cut = `\n… more: line ${start} is longer than ${maxTextBytes} bytes; call again with start_line=${start + 1}`;
    return { text, cut, lastLine: start };
  }
  const text = kept.toString('utf8', 0, lastEnd);
  const lastLine = start + text.split('\n').length - 1;
  return { text, cut: `\n… more: call again with start_line=${lastLine + 1}`, lastLine };
}

const newline = 10;
