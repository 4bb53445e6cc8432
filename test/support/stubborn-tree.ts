import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './runtime.ts';

/** How many processes the program makes. */
export const stubbornCount = 4;

/**
 * Writes a program of four processes that ignore SIGTERM and SIGHUP, the later ones each in a session of its own, the third
 * of which ends itself so that the last has no parent left. Returns its argv, to be run in that folder.
 */
export function writeStubborn(folder: string): string[] {
  const source = `
    import { spawn } from 'node:child_process';
    import { appendFileSync } from 'node:fs';
    process.on('SIGTERM', () => undefined);
    process.on('SIGHUP', () => undefined);
    const depth = Number(process.argv[2] ?? 0);
    appendFileSync('pids', process.pid + '\\n');
    if (depth < 3) spawn(process.execPath, ['tree.mjs', String(depth + 1)], { detached: depth > 0, stdio: 'inherit' }).unref();
    if (depth === 2) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
    setInterval(() => undefined, 1000);`;
  writeFileSync(join(folder, 'tree.mjs'), source);
  writeFileSync(join(folder, 'pids'), '');
  return [process.execPath, 'tree.mjs'];
}

/** The pids of the program, once all of its processes run. */
export async function stubbornPids(folder: string): Promise<number[]> {
  await until('the whole tree runs', () => pidsIn(folder).length === stubbornCount, 20_000);
  return pidsIn(folder);
}

export function pidsIn(folder: string): number[] {
  const lines = readFileSync(join(folder, 'pids'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

export function assertDead(pids: readonly number[]): void {
  assert.ok(pids.length > 0);
  assert.deepEqual(pids.filter(isAlive), []);
}
