import { performance } from 'node:perf_hooks';
import { startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';
import { median, type Row } from './rows.ts';

const rounds = 5;

/** Fork to first answer, and what the panel is sent while a run is at work. */
export function benchRuntime(): Promise<readonly Row[]> {
  return withFolder(async (folder) => {
    const workspace = await writeSampleTree(folder);
    const starts: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now();
      const runtime = await startRuntime({ folder, workspace });
      starts.push(performance.now() - begun);
      await runtime.stop(5000);
    }
    const runtime = await startRuntime({ folder, workspace });
    const whole = await runtime.client.request('subscribe', {});
    const sizes: number[] = [];
    runtime.client.on('delta', (delta) => sizes.push(JSON.stringify(delta).length));
    const begun = performance.now();
    for (let round = 0; round < rounds; round++)
      await runtime.run({ prompt: 'inventory, todo, links and dependencies' });
    const seconds = (performance.now() - begun) / 1000;
    await runtime.stop(5000);
    return [
      { what: 'runtime: fork to the answer to hello', value: median(starts), unit: 'ms', note: `median of ${rounds}` },
      { what: 'panel: the whole snapshot', value: JSON.stringify(whole).length / 1024, unit: 'KiB' },
      { what: 'panel: one delta', value: median(sizes) / 1024, unit: 'KiB', note: `median of ${sizes.length}` },
      { what: 'panel: deltas while a run is at work', value: sizes.length / seconds, unit: '/s', note: 'bound: 10 /s' },
    ];
  });
}
