import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forkRuntime } from '../../src/hosts/runtime-process.ts';
import { bundle, withFolder } from '../support/runtime.ts';
import { median, type Row } from './rows.ts';

const rounds = 9;

interface Start {
  /** From the fork to the answer to `hello`. */
  readonly ready: number;
  /** From the fork to the first snapshot: databases, port and household are open. */
  readonly open: number;
}

/**
 * From the fork to ready, against the fork of an empty script that sends one message. Ready is the answer to `hello`:
 * flags are checked, the database is not a newer one, requests are taken. Files, threads, port and libraries are
 * opened after it; what needs them waits, and the second row tells how long.
 */
export function benchStart(): Promise<readonly Row[]> {
  return withFolder(async (folder) => {
    const env = { ...process.env, HAIOS_DATA_DIR: folder };
    const empty = join(folder, 'empty.cjs');
    await writeFile(empty, "process.send('ready');");
    const cold = await startOnce(folder, env);
    await startOnce(folder, env);
    const bare: number[] = [];
    const starts: Start[] = [];
    const uncached: Start[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await forkEmpty(empty));
      starts.push(await startOnce(folder, env));
      uncached.push(await startOnce(folder, { ...env, NODE_DISABLE_COMPILE_CACHE: '1' }));
    }
    await rm(join(folder, 'compile-cache'), { recursive: true, force: true });
    const floor = median(bare);
    const against = (value: number): string => `${(value / floor).toFixed(2)} × a bare fork, median of ${rounds}`;
    const ready = median(starts.map((start) => start.ready));
    const open = median(starts.map((start) => start.open));
    const uncachedOpen = median(uncached.map((start) => start.open));
    return [
      { what: 'start: a bare fork that sends one message', value: floor, unit: 'ms', note: `median of ${rounds}` },
      {
        what: 'start: fork to ready',
        value: ready,
        unit: 'ms',
        note: `${against(ready)}; must be ≤ 2 ×; beyond Node itself it loads the channel`,
      },
      { what: 'start: fork to the first snapshot', value: open, unit: 'ms', note: against(open) },
      {
        what: 'start: fork to the first snapshot, without the cache',
        value: uncachedOpen,
        unit: 'ms',
        note: against(uncachedOpen),
      },
      { what: 'start: the very first, to the first snapshot', value: cold.open, unit: 'ms', note: 'once' },
    ];
  });
}

async function startOnce(folder: string, env: NodeJS.ProcessEnv): Promise<Start> {
  const begun = performance.now();
  const runtime = forkRuntime({ bundle, args: ['--db', join(folder, 'haios.db'), '--port', '0'], env });
  await runtime.client.request('hello', { host: 'cli', attended: false, workspaces: [], trusted: true, settings: {} });
  const ready = performance.now() - begun;
  await runtime.client.request('subscribe', {});
  const open = performance.now() - begun;
  await runtime.stop(5000);
  return { ready, open };
}

async function forkEmpty(script: string): Promise<number> {
  const begun = performance.now();
  const child = fork(script, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  await once(child, 'message');
  const took = performance.now() - begun;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
  return took;
}
