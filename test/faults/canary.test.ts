import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startRuntime, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const canary = 'canary-7Q9xZ2mK4vB8nL1p';
const known = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;

describe('FAULTS 21: canary secrets', function () {
  this.timeout(60_000);

  it('are in no database, log, report, status or metric, whether in the prompt, a file, a key or the environment', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder, {
        'src/leak.ts': `// TODO: remove ${canary}\n// TODO: and ${known}\nexport {};\n`,
      });
      const runtime = await startRuntime({
        folder,
        workspace,
        env: { SOME_API_KEY: canary },
        settings: { telemetry: { capture_content: true }, log_level: 'debug' },
      });
      await runtime.client.request('setKey', { model: 'openai', key: `${canary}-key` });
      const summary = await runtime.run({ prompt: `todo; find "${canary}"` });
      const failed = await runtime.run({ prompt: `find ${known}`, budget: { tokens: 1 } });
      assert.deepEqual([summary.status, failed.status], ['succeeded', 'budget_exceeded']);
      await runtime.client.request('report', {
        days: 1,
        range: null,
        format: 'json',
        priceAs: null,
        out: null,
        workspace,
      });
      const metrics = await (await fetch(runtime.welcome.metricsUrl ?? '')).text();
      const snapshot = JSON.stringify(await runtime.client.request('subscribe', {}));
      await runtime.stop(5000);

      const places: [string, string][] = [
        ['/metrics', metrics],
        ['the snapshot', snapshot],
        ['the log to the host', runtime.logs.join('\n')],
        ['the summary', JSON.stringify(summary)],
      ];
      for (const root of [folder, join(workspace, '.haios')]) {
        for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name);
          if (entry.isFile() && !(path.startsWith(workspace) && !path.includes('.haios'))) {
            places.push([path, await readFile(path, 'latin1')]);
          }
        }
      }
      assert.ok(places.some(([path]) => path.endsWith('haios.db')) && places.some(([path]) => path.endsWith('.log')));
      for (const [place, content] of places) {
        assert.ok(!content.includes(canary), `the canary is in ${place}`);
        assert.ok(!content.includes(known), `the token is in ${place}`);
      }
    }));
});
