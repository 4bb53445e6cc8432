import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processLives } from '../../src/runtime/platform.ts';
import { rows, startRuntime, until, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

describe('a host that dies', function () {
  this.timeout(60_000);

  it('takes its runtime along: the run is ended in order, nothing is held, no process stays', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const script = join(import.meta.dirname, '../support/dying-host.ts');
      const host = spawn(process.execPath, [script, folder, workspace], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [said] = (await once(host.stdout, 'data')) as [Buffer];
      const pid = Number(said.toString());
      assert.ok(pid > 0 && processLives(pid));
      host.kill('SIGKILL');
      await until('the runtime has ended', () => !processLives(pid), 20_000);
      assert.deepEqual(rows(join(folder, 'haios.db'), 'SELECT status FROM runs'), [{ status: 'interrupted' }]);
      assert.deepEqual(rows(join(folder, 'haios.db'), 'SELECT * FROM runtimes'), []);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT * FROM reservations'), []);
      const next = await startRuntime({ folder, workspace });
      const resumed = await next.run({ resume: '1', approve: 'all' });
      await next.stop(5000);
      assert.equal(resumed.status, 'succeeded');
      assert.match(await readFile(join(workspace, 'src/main.ts'), 'utf8'), /goodbye/);
    }));
});
