import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock, Ids } from '../core/ports.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

export const realIds: Ids = {
  unique: uuidV7,
  traceId: () => randomBytes(16).toString('hex'),
  spanId: countingSpanIds(),
};

/** Names the machine, its boot and the pid namespace: a pid means something only among runtimes that share this text. */
export function hostIdentity(): string {
  return [hostname(), readOr('/proc/sys/kernel/random/boot_id'), linkOr('/proc/self/ns/pid')].join(' ').trim();
}

/** Whether a process of this machine (same `hostIdentity`) is there. */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Ids that grow: they begin at the time of the process's start (its last 22 bits by chance) and count from there. No two
 * processes meet unless they begin in the same millisecond, and rows keyed by them go to the end of their index.
 */
function countingSpanIds(): () => string {
  const start = (BigInt(Date.now()) << 22n) | BigInt(randomBytes(3).readUIntBE(0, 3) & 0x3fffff);
  const hexOf = (block: bigint): string => block.toString(16).padStart(12, '0');
  let block = start >> 16n;
  let hex = hexOf(block);
  let low = Number(start & 0xffffn);
  return () => {
    low += 1;
    if (low > 0xffff) {
      low = 0;
      block += 1n;
      hex = hexOf(block);
    }
    return hex + (0x10000 + low).toString(16).slice(1);
  };
}

/** RFC 9562, version 7: sortable by time. */
function uuidV7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
