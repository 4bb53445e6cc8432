import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigStore } from '../../src/runtime/config-store.ts';
import { withFolder } from '../support/runtime.ts';

describe('the configuration of a workspace', () => {
  it('keeps the last good file in force while the new one is wrong, and says which field', () =>
    withFolder(async (folder) => {
      const store = new ConfigStore(null);
      const file = join(folder, 'haios.config.json');
      await writeFile(file, '{ "budgets": { "usd": 2 } }');
      assert.equal((await store.load(folder, true)).config.budgets.usd, 2);
      await writeFile(file, '{ "budgets": { "usd": -1 } }');
      const { config, error } = await store.load(folder, true);
      assert.equal(config.budgets.usd, 2);
      assert.match(error?.message ?? '', /haios\.config\.json:1:\d+: .*budgets\.usd/);
      await writeFile(file, '{ "budgets": { "usd": 3 } }');
      const mended = await store.load(folder, true);
      assert.deepEqual([mended.config.budgets.usd, mended.error], [3, null]);
    }));

  it('refuses a file that was never good, and keeps the settings all the same', () =>
    withFolder(async (folder) => {
      const store = new ConfigStore(null);
      assert.equal(store.setSettings({ port: 9123 }), null);
      await writeFile(join(folder, 'haios.config.json'), '{');
      await assert.rejects(store.load(folder, true), { code: 'CONFIG_INVALID' });
      assert.equal(store.current.port, 9123);
    }));

  it('does not read the file of an untrusted workspace, nor take over a wrong setting', () =>
    withFolder(async (folder) => {
      const store = new ConfigStore(null);
      await writeFile(join(folder, 'haios.config.json'), '{');
      assert.match(store.setSettings({ budgets: { usd: 'much' } }) ?? '', /haios\.budgets\.usd/);
      assert.equal((await store.load(folder, false)).config.budgets.usd, 5);
    }));

  it('wants a file that was asked for by name', () =>
    withFolder(async (folder) => {
      await assert.rejects(new ConfigStore(join(folder, 'none.json')).load(null, true), /none\.json cannot be read/);
    }));
});
