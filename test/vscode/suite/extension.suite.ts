import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../../src/catalogue/commands.ts';
import { settingKeys, settingOf, vscodeName } from '../../../src/catalogue/settings.ts';

const id = 'haios.haios';

describe('the extension in a real VS Code', () => {
  function extension(): vscode.Extension<unknown> {
    return vscode.extensions.getExtension(id) ?? assert.fail(`${id} is not installed`);
  }

  it('activates, without starting a process', async () => {
    await extension().activate();
    assert.equal(extension().isActive, true);
    assert.ok(!existsSync(join(process.env['HAIOS_DATA_DIR'] ?? '', 'haios.db')), 'a runtime was started');
  });

  it('registers every command of the catalogue', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      Object.keys(commands).filter((command) => !registered.has(command)),
      [],
    );
  });

  it('contributes every setting of the catalogue with its default', () => {
    for (const key of settingKeys) {
      if (settingOf(key).vscode === null) continue;
      const name = vscodeName(key);
      assert.deepEqual(vscode.workspace.getConfiguration().inspect(name)?.defaultValue, settingOf(key).default, name);
    }
  });

  it('keeps its settings out of a workspace’s reach', async () => {
    const target = vscode.ConfigurationTarget.Workspace;
    await assert.rejects(async () => vscode.workspace.getConfiguration().update('haios.budgets.usd', 1000, target));
  });

  it('reads a setting of machine scope where the editor keeps it', () => {
    assert.equal(vscode.workspace.getConfiguration().inspect('haios.port')?.globalValue, 0);
  });

  it('runs a task and shows its tree', async () => {
    await vscode.commands.executeCommand('haios.run', { prompt: 'inventory', model: 'offline', budget: {} });
    await vscode.commands.executeCommand('haios.openTrace');
    await vscode.commands.executeCommand('haios.openPanel');
    const tab = await waitFor(async () => vscode.window.tabGroups.activeTabGroup.activeTab);
    assert.equal(tab.label, 'HAiOS');
    const report = await waitFor(async () => {
      const found = await vscode.workspace.findFiles(new vscode.RelativePattern(root(), '.haios/reports/report_g*.md'));
      return found[0];
    });
    assert.match(new TextDecoder().decode(await vscode.workspace.fs.readFile(report)), /README\.md/);
    assert.ok(existsSync(join(process.env['HAIOS_DATA_DIR'] ?? '', 'haios.db')));
  });
});

function root(): vscode.Uri {
  return vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail('no folder is open');
}

async function waitFor<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail('it did not happen within 20 s');
}
