import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const limits = join(import.meta.dirname, '../../src/runtime/thread-heaps.ts');

/** Heap limits, MiB: of a process started with 400, of a thread in it that is given 64, of the process afterwards. */
async function heaps(prepare: string): Promise<number[]> {
  const script = `
    import { Worker } from 'node:worker_threads';
    import { getHeapStatistics } from 'node:v8';
    import { giveThreadsTheirOwnHeapLimits } from ${JSON.stringify(limits)};
    ${prepare}
    const own = () => getHeapStatistics().heap_size_limit;
    const before = own();
    const code = "require('node:worker_threads').parentPort.postMessage(require('node:v8').getHeapStatistics().heap_size_limit)";
    const worker = new Worker(code, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 64 } });
    worker.on('message', (thread) => console.log(JSON.stringify([before, thread, own()])));`;
  const args = ['--max-old-space-size=400', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return (JSON.parse(stdout) as number[]).map((bytes) => Math.round(bytes / 1048576));
}

describe('the heaps of threads', () => {
  it('have their own limits beside the one the process was started with', async () => {
    const [before = 0, thread = 0, after = 0] = await heaps('giveThreadsTheirOwnHeapLimits();');
    assert.ok(before >= 400, `${before} MiB`);
    assert.equal(after, before);
    assert.ok(thread < before - 300, `${thread} MiB for the thread`);
  });

  it('would all have the limit of the process without it', async () => {
    const [before, thread] = await heaps('');
    assert.equal(thread, before);
  });
});
