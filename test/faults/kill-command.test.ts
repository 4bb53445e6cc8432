import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killRuntime, startRuntime, until, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';
import { isAlive, stubbornPids, writeStubborn } from '../support/stubborn-tree.ts';

describe('FAULTS 1: kill -9 while a command runs', function () {
  this.timeout(60_000);
  if (process.platform !== 'linux') return;

  it('leaves no command running: the next runtime ends it', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const command = writeStubborn(workspace).join(' ');
      writeFileSync(join(workspace, 'haios.config.json'), JSON.stringify({ critics: [{ name: 'stuck', command }] }));
      const runtime = await startRuntime({ folder, workspace });
      await runtime.start({ prompt: 'replace "say hello" with "say goodbye" in src/main.ts', approve: 'all' });
      const pids = await stubbornPids(workspace);
      await killRuntime(runtime);
      assert.ok(pids.some(isAlive), 'nobody else ends them');
      const next = await startRuntime({ folder, workspace });
      await until('the command is dead', () => !pids.some(isAlive));
      await next.stop(5000);
      assert.deepEqual(readdirSync(join(folder, 'commands')), []);
    }));
});
