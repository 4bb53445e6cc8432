import { readdirSync, readFileSync } from 'node:fs';

/** One process as Linux's /proc tells of it. */
export interface ProcEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot at which it started: with the pid it names one process for good. */
  readonly started: number;
  /** Its own CPU time and that of its children that ended and were waited for, seconds. */
  readonly cpuSeconds: number;
}

// The kernel reports to user space in hundredths of a second on every Linux that Node runs on.
const ticksPerSecond = 100;

/** Null when there is no such process, or it has ended and only waits to be collected. */
export function readProcess(pid: number | 'self'): ProcEntry | null {
  const found = readAny(pid);
  return found === null || found.ended ? null : found;
}

/** The same with those that have ended and were not collected yet: their time is whole. */
export function readAny(pid: number | 'self'): (ProcEntry & { readonly ended: boolean }) | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name in parentheses can hold anything, further parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(fields[index] ?? 0);
  return {
    ended: fields[0] === 'Z' || fields[0] === 'X',
    pid: Number.parseInt(text, 10),
    parent: at(1),
    group: at(2),
    session: at(3),
    started: at(19),
    cpuSeconds: (at(11) + at(12) + at(13) + at(14)) / ticksPerSecond,
  };
}

/** CPU seconds of all children of this process that have ended. */
export function endedChildrenCpuSeconds(): number {
  const text = read('/proc/self/stat') ?? '';
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / ticksPerSecond;
}

/** Resident memory, now and at its highest, bytes. */
export function readMemory(pid: number): { readonly now: number; readonly peak: number } {
  const status = read(`/proc/${pid}/status`) ?? '';
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { now: kilobytes('VmRSS') * 1024, peak: kilobytes('VmHWM') * 1024 };
}

/** Resident memory with what it shares with others counted in parts, bytes; null where the system does not tell. Slow. */
export function readShare(pid: number): number | null {
  const found = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '');
  return found === null ? null : Number(found[1]) * 1024;
}

export function childrenOf(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`);
  return threads.flatMap((thread) => numbers(read(`/proc/${pid}/task/${thread}/children`) ?? ''));
}

export function allPids(): number[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether the environment it was started with has this variable and value. Null bytes separate its entries. */
export function hasVariable(pid: number, name: string, value: string): boolean {
  return (read(`/proc/${pid}/environ`) ?? '').split('\0').includes(`${name}=${value}`);
}

function numbers(text: string): number[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map(Number);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
