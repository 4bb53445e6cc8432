import { readSync } from 'node:fs';

/** One line, or one part of a line longer than `partBytes`. */
export interface LinePart {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  readonly first: boolean;
  readonly last: boolean;
}

export type Scan = { readonly binary: true } | { readonly binary: false; readonly lines: number };

/** Longer lines come in parts of about this size that overlap, so that what crosses a border is whole in one of them. */
const partBytes = 1024 * 1024;
const overlapBytes = 8 * 1024;
const newline = 10;

/**
 * Reads a file from its start in bounded memory and hands over its lines (without `\n`) in order. A last line without
 * `\n` counts. A file with a NUL byte is binary: the scan ends there and what was handed over is not to be used.
 */
export function scanLines(fd: number, buffer: Buffer, onLine: ((part: LinePart) => void) | null): Scan {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  let first = true;
  for (;;) {
    const size = readSync(fd, buffer);
    if (size === 0) break;
    const chunk = buffer.subarray(0, size);
    if (chunk.includes(0)) return { binary: true };
    const end = chunk.lastIndexOf(newline);
    if (end !== -1) {
      const lines = Buffer.concat([rest, chunk.subarray(0, end)]);
      if (onLine === null) number += countNewlines(lines) + 1;
      else {
        for (const text of lines.toString('utf8').split('\n')) {
          number += 1;
          onLine({ text, number, first, last: true });
          first = true;
        }
      }
      first = true;
    }
    const tail = chunk.subarray(end + 1);
    rest = end === -1 ? Buffer.concat([rest, tail]) : Buffer.from(tail);
    if (rest.length > partBytes) {
      onLine?.({ text: rest.toString('utf8'), number: number + 1, first, last: false });
      first = false;
      rest = Buffer.from(rest.subarray(characterStart(rest, rest.length - overlapBytes)));
    }
  }
  if (rest.length > 0) {
    number += 1;
    onLine?.({ text: rest.toString('utf8'), number, first, last: true });
  }
  return { binary: false, lines: number };
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** The nearest place from `at` on where no UTF-8 character is cut. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start < at + 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return start;
}
