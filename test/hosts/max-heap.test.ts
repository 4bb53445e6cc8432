import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, settingsToConfig } from '../../src/core/config.ts';
import { readMaxHeapMb } from '../../src/hosts/cli/heap-limit.ts';
import { maxHeapMb } from '../../src/hosts/max-heap.ts';
import { forkRuntime } from '../../src/hosts/runtime-process.ts';
import { bundle, withFolder } from '../support/runtime.ts';

const standard = 1024;
const wrong = [0, -1, 127, 1_048_577, 256.5, '256', null, [256], true];

describe('memory.max_heap_mb', function () {
  this.timeout(60_000);

  it('is taken from a configuration where it may be, and is the default elsewhere', () => {
    for (const good of [128, 300, 1_048_576]) assert.equal(maxHeapMb({ memory: { max_heap_mb: good } }), good);
    for (const bad of wrong) assert.equal(maxHeapMb({ memory: { max_heap_mb: bad } }), standard);
    for (const none of [undefined, null, {}, { memory: null }, { memory: [] }, 'x', 7])
      assert.equal(maxHeapMb(none), standard);
  });

  it('is refused out of its range when the runtime checks what it is given', () => {
    for (const bad of wrong.filter((value) => value !== null)) {
      const text = JSON.stringify({ memory: { max_heap_mb: bad } });
      const parsed = parseConfig(text, { file: 'haios.config.json' });
      assert.ok(!parsed.ok && /memory\.max_heap_mb/.test(parsed.error.message), text);
      const settings = settingsToConfig({ memory: { max_heap_mb: bad } });
      assert.ok(!settings.ok && /haios\.memory\.maxHeapMb/.test(settings.error.message), text);
    }
  });

  it('is read by the terminal from the file the runtime will read, and of a wrong or missing one is the default', () =>
    withFolder(async (folder) => {
      const given = join(folder, 'other.json');
      writeFileSync(given, '{ "memory": { "max_heap_mb": 200 } }');
      assert.equal(await readMaxHeapMb(null, null), standard);
      assert.equal(await readMaxHeapMb(null, folder), standard);
      assert.equal(await readMaxHeapMb(given, folder), 200);
      writeFileSync(join(folder, 'haios.config.json'), '{ // a remark\n "memory": { "max_heap_mb": 300, }, }');
      assert.equal(await readMaxHeapMb(null, folder), 300);
      assert.equal(await readMaxHeapMb(given, folder), 200, '--config stands in its place');
      writeFileSync(join(folder, 'haios.config.json'), '{ "memory": { "max_heap_mb": 300000000 } }');
      assert.equal(await readMaxHeapMb(null, folder), standard);
      writeFileSync(join(folder, 'haios.config.json'), '}{ nonsense');
      assert.equal(await readMaxHeapMb(null, folder), standard);
    }));

  it('is the heap limit of the runtime that is forked with it', () =>
    withFolder(async (folder) => {
      const limits: number[] = [];
      for (const maxHeapMb of [300, 600]) {
        const args = ['--db', join(folder, 'haios.db'), '--no-http'];
        const runtime = forkRuntime({ bundle, args, env: process.env, maxHeapMb });
        await runtime.client.request('hello', {
          host: 'cli',
          attended: false,
          workspaces: [],
          trusted: true,
          settings: {},
        });
        const checks = await runtime.client.request('doctor', {});
        await runtime.stop(5000);
        const { message = '' } = checks.find(({ name }) => name === 'memory') ?? {};
        limits.push(Number(/may grow to (\d+) MiB/.exec(message)?.[1]));
      }
      const [small = 0, large = 0] = limits;
      // V8 adds its young generation to it.
      assert.ok(small >= 300 && small < 600, `${small} MiB`);
      assert.equal(large - small, 300);
    }));
});
