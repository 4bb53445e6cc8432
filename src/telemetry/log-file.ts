import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { LogDestination } from './log.ts';

interface LogFileOptions {
  readonly path: string;
  /** A file that would grow past this is set aside as `path.1`, the older ones as `.2` and so on. */
  readonly maxBytes: number;
  /** How many are kept aside. */
  readonly keep: number;
}

export interface LogFile extends LogDestination {
  /** Lines that could not be written (disk full, folder gone). */
  lost(): number;
  close(): void;
}

/**
 * An append-only log file with size-capped rotation. Several processes may share one path: each line is one append,
 * and a process that finds the file rotated by another just opens the new one. Nothing here throws: a log that
 * cannot be written is counted and never stops the work.
 */
export function createLogFile({ path: file, maxBytes, keep }: LogFileOptions): LogFile {
  let descriptor: number | null = null;
  let closed = false;
  let lost = 0;

  const open = (): number => {
    if (descriptor !== null) return descriptor;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    descriptor = openSync(file, 'a', 0o600);
    return descriptor;
  };
  const release = (): void => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  const makeRoom = (bytes: number): void => {
    const own = fstatSync(open());
    if (own.size + bytes <= maxBytes || own.size === 0) return;
    const isStillOurs = statSync(file, { throwIfNoEntry: false })?.ino === own.ino;
    release();
    if (!isStillOurs) return;
    if (keep === 0) rmSync(file, { force: true });
    for (let index = keep; index > 0; index -= 1) {
      const from = index === 1 ? file : `${file}.${index - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${index}`);
    }
  };

  return {
    write(line) {
      if (closed) return;
      try {
        makeRoom(Buffer.byteLength(line));
        writeSync(open(), line);
      } catch {
        lost += 1;
        descriptor = null;
      }
    },
    lost: () => lost,
    close() {
      closed = true;
      release();
    },
  };
}
