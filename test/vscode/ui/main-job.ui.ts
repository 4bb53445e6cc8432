import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackaged } from '../support/packaged.ts';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, seriousViolations, Workbench } from '../support/workbench.ts';

const themes = [
  { name: 'dark', theme: 'Dark Modern', kind: 'vs-dark' },
  { name: 'light', theme: 'Light Modern', kind: 'vs' },
  { name: 'high-contrast', theme: 'Dark High Contrast', kind: 'hc-black' },
] as const;

for (const mode of ['development folder', 'installed package'] as const) {
  describe(`the main job by mouse and keyboard (${mode})`, () => {
    let session: Session;
    let window: Workbench;
    let folder: string;

    before(async function () {
      this.timeout(240_000);
      const installed = mode === 'installed package';
      session = await startSession({ driver: !installed }, (home) =>
        installed ? installPackaged(home) : Promise.resolve(),
      );
      folder = await sampleWorkspace(session.home);
      const development = installed ? null : extensionFolder;
      window = await Workbench.open(session.browser, session.server, { folder, development });
    });
    after(async () => session.end());
    afterEach(async function () {
      await window.onFailure(this.currentTest);
    });

    it('is quiet at first, and the tree says how to begin', async () => {
      assert.equal(await window.statusText(), 'HAiOS');
      await window.command('HAiOS: Open Trace');
      const welcome = window.page.locator('.welcome-view', { hasText: 'No agent has run yet' });
      await welcome.waitFor();
      await welcome.getByRole('button', { name: 'Run Agent Task' }).waitFor();
    });

    it('asks for prompt, model and budget, and can go back', async () => {
      await window.command('HAiOS: Run Agent Task…');
      await window.answer('(1/3)', '');
      await window.page.locator('.quick-input-message', { hasText: 'The prompt is empty' }).waitFor();
      await window.answer('(1/3)', 'inventory');
      await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'offline' }).waitFor();
      await window.answer('(2/3)', 'offline');
      await window.answer('(3/3)', 'a lot');
      await window.page.locator('.quick-input-message', { hasText: 'is no amount of usd' }).waitFor();
      await window.page.locator('.quick-input-widget .codicon-quick-input-back').click();
      await window.answer('(2/3)', 'offline');
      await window.answer('(3/3)', '$1.50');
    });

    it('shows in the status bar how full the fullest budget is', async () => {
      await eventually(
        'status',
        () => window.statusText(),
        (text) => /\d.* \/ .+ · \d+ %$/.test(text),
      );
      await window.status.hover();
      await window.page.locator('.workbench-hover', { hasText: '$0.00 / $1.50 · 0 %' }).first().waitFor();
      await window.page.mouse.move(700, 300);
    });

    it('fills the tree down to the tool calls', async () => {
      await eventually(
        'rows',
        () => window.rowTexts(),
        (rows) => /^inventory ?g1 · \$0\.00/.test(rows[0] ?? ''),
      );
      await window.rows.first().click();
      const names: string[] = [];
      for (let depth = 0; depth < 12; depth += 1) {
        await window.page.keyboard.press('ArrowRight');
        await window.page.keyboard.press('ArrowRight');
        await window.page.waitForTimeout(150);
        names.push(await window.page.locator('.monaco-list-row.focused .label-name').first().innerText());
        if (names.at(-1) === names.at(-2)) await window.page.keyboard.press('ArrowDown');
      }
      const rows = (await window.rowTexts()).join('\n');
      assert.match(rows, /execute/);
      assert.match(rows, /worker_call:/);
      assert.match(rows, /chat |execute_tool /);
    });

    it('shows a second run live in the panel, asks before it writes, and shows the diff', async () => {
      await window.command('HAiOS: Open Panel');
      const panel = await window.panel();
      await panel.getByText('Run agent task').first().click();
      await window.answer('(1/3)', 'replace Hello with Goodbye in src/*.js');
      await window.answer('(2/3)', 'offline');
      await window.answer('(3/3)', '');
      if (mode === 'development folder') await window.showNotifications();
      const toast = window.notifications.filter({ hasText: 'greet.js' }).first();
      await toast.waitFor();
      await eventually(
        'panel',
        () => panel.locator('body').innerText(),
        (text) => /g2/.test(text) && /approv/i.test(text),
      );
      assert.match(await window.status.innerHTML(), /codicon-question/);
      await window.screenshot(`approval-${mode.slice(0, 9)}`);
      assert.match(await readFile(join(folder, 'src', 'greet.js'), 'utf8'), /Hello/);

      await toast.getByRole('button', { name: 'Show Diff' }).click();
      await window.page.locator('.view-lines', { hasText: 'Goodbye' }).waitFor();
      await window.notifications.getByRole('button', { name: 'Allow', exact: true }).first().click();
      await eventually(
        'the file',
        () => readFile(join(folder, 'src', 'greet.js'), 'utf8'),
        (text) => text.includes('Goodbye') && !text.includes('Hello'),
      );
      await eventually(
        'rows',
        () => window.rowTexts(),
        (rows) => /g2 · \$/.test(rows[0] ?? ''),
      );
    });

    it('cancels a run that waits', async () => {
      await window.command('HAiOS: Run Agent Task…');
      await window.answer('(1/3)', 'replace Goodbye with Farewell in src/*.js');
      await window.answer('(2/3)', 'offline');
      await window.answer('(3/3)', '');
      await eventually(
        'rows',
        () => window.rowTexts(),
        (rows) => /waits for approval/.test(rows[0] ?? ''),
      );
      await window.command('HAiOS: Cancel Run');
      await eventually(
        'rows',
        () => window.rowTexts(),
        (rows) => /g3 · cancelled/.test(rows[0] ?? ''),
      );
      assert.match(await readFile(join(folder, 'src', 'greet.js'), 'utf8'), /Goodbye/);
    });

    it('has a panel without a serious accessibility violation, in both views and three themes', async () => {
      await window.command('HAiOS: Open Panel');
      for (const { name, theme, kind } of themes) {
        await window.theme(theme, kind);
        for (const view of ['Live', 'Cost']) {
          const panel = await window.panel();
          await panel.getByRole('tab', { name: view }).click();
          await window.page.waitForTimeout(500);
          await window.screenshot(`${mode.slice(0, 9)}-${name}-${view.toLowerCase()}`);
          assert.deepEqual(await seriousViolations(panel), [], `${name}, ${view}`);
        }
      }
    });

    it('exports the cost report and opens it', async () => {
      await window.command('HAiOS: Export Cost Report…');
      await window.answer('(1/2)', 'CSV');
      await window.answer('(2/2)', null);
      const target = join(folder, 'costs.csv');
      await eventually(
        'the save dialog',
        () => window.quickInput().inputValue(),
        (value) => value.endsWith('cost_report.csv'),
      );
      await window.quickInput().fill(target);
      await window.page.keyboard.press('Enter');
      await window.page.locator('.tab.active', { hasText: 'costs.csv' }).waitFor();
      assert.match(await readFile(target, 'utf8'), /,/);
    });

    it('offers from the status bar what can be done', async () => {
      await window.status.click();
      const list = window.page.locator('.quick-input-list .monaco-list-row');
      await list.filter({ hasText: 'Run Agent Task…' }).waitFor();
      await list.filter({ hasText: 'Export Cost Report…' }).waitFor();
      await window.page.keyboard.press('Escape');
    });

    it('shows the metrics, here in the editor, since the browser is on another machine for all it knows', async () => {
      await window.command('HAiOS: Open Metrics');
      await window.page.locator('.view-line', { hasText: '# TYPE haios_' }).first().waitFor();
    });

    it('has its panel back after the window was reloaded', async () => {
      await window.command('HAiOS: Open Panel');
      await window.panel();
      await Promise.all([window.page.waitForEvent('load'), window.command('Developer: Reload Window')]);
      await window.status.waitFor({ timeout: 60_000 });
      const panel = await window.panel();
      await eventually(
        'panel',
        () => panel.locator('body').innerText(),
        (text) => text.includes('Connected'),
      );
    });
  });
}
