import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rows, startRuntime, until, withFolder } from '../support/runtime.ts';
import { writeSampleTree } from '../support/sample-tree.ts';

const cli = join(import.meta.dirname, '../../dist/cli.cjs');
const settings = { price_as: 'gpt-5-mini' };
const noise = 'no database at all '.repeat(300);

describe('the ledger’s backups, in the runtime', function () {
  this.timeout(120_000);

  it('is made once a day by the leader, offered when the ledger is damaged, and put back on a person’s word', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const first = await startRuntime({ folder, workspace, settings });
      assert.equal(await first.client.request('ledgerBackup', {}), null);
      const run = await first.run({ prompt: 'todo' });
      await first.stop(5000);

      const second = await startRuntime({ folder, workspace, settings });
      const backups = join(folder, 'backups');
      // It is made under another name first.
      const made = (): boolean => /^ledger-\d{4}-\d{2}-\d{2}\.db$/.test(readdirSync(backups).join());
      await until('the backup of the day', () => existsSync(backups) && made());
      const backup = await second.client.request('ledgerBackup', {});
      assert.deepEqual([backup?.nusd, (backup?.calls ?? 0) > 0], [run.usd_nano, true]);
      await assert.rejects(second.client.request('restoreLedger', {}), { code: 'USAGE' });
      await second.stop(5000);

      writeFileSync(join(folder, 'ledger.db'), noise);
      const third = await startRuntime({ folder, workspace, settings });
      assert.equal((await third.client.request('runtime', {})).ledger, 'damaged');
      const refused = await third.run({ prompt: 'todo' });
      assert.equal(refused.error?.code, 'LEDGER_DAMAGED');
      const said = (await third.client.request('doctor', {})).find(({ name }) => name === 'ledger');
      assert.match(
        said?.remedy ?? '',
        /^Run `haios doctor --restore-ledger` to put its backup of \d+ \w{3} \(\d+ calls?, \$.*\) in its place, or `haios doctor --new-ledger`/,
      );
      assert.deepEqual(await third.client.request('restoreLedger', {}), backup);
      assert.equal((await third.client.request('runtime', {})).ledger, 'ok');
      await until('what was done is told', () => third.notices.some(({ message }) => message.includes('was restored')));
      const after = await third.run({ prompt: 'todo' });
      assert.equal(after.status, 'succeeded');
      await third.stop(5000);
      assert.deepEqual(rows(join(folder, 'ledger.db'), 'SELECT SUM(usd_nusd) AS usd FROM ledger'), [
        { usd: run.usd_nano + after.usd_nano },
      ]);
    }));

  it('from the command line: refused with both choices, then restored', () =>
    withFolder(async (folder) => {
      const workspace = await writeSampleTree(folder);
      const run = ['run', 'todo', '--workspace', workspace];
      assert.equal((await haios(folder, run)).code, 0);
      assert.equal((await haios(folder, run)).code, 0);
      assert.equal(readdirSync(join(folder, 'backups')).length, 1, 'a command ends when its backup is made');
      writeFileSync(join(folder, 'ledger.db'), noise);
      const refused = await haios(folder, run);
      assert.equal(refused.code, 3);
      assert.match(refused.err, /--restore-ledger.*--new-ledger/);
      const both = await haios(folder, ['doctor', '--workspace', workspace, '--restore-ledger', '--new-ledger']);
      assert.equal(both.code, 2);
      const restored = await haios(folder, ['doctor', '--workspace', workspace, '--restore-ledger']);
      assert.equal(restored.code, 0, restored.out + restored.err);
      assert.match(restored.err, /restored from its backup of \d+ \w{3} \(\d+ calls?, \$/);
      assert.match(restored.out, /^ok +ledger +.* is sound/m);
      assert.equal((await haios(folder, run)).code, 0);
      const again = await haios(folder, ['doctor', '--workspace', workspace, '--restore-ledger']);
      assert.equal(again.code, 2);
      assert.match(again.err, /is sound, so nothing was put in its place/);
    }));
});

function haios(folder: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, HAIOS_DATA_DIR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { env, timeout: 60_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}
