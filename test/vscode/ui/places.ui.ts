import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, Workbench } from '../support/workbench.ts';

describe('two windows, several folders, no folder', () => {
  let session: Session;
  const windows: Workbench[] = [];

  before(async function () {
    this.timeout(120_000);
    session = await startSession({ driver: true });
  });
  afterEach(async function () {
    for (const window of windows) await window.onFailure(this.currentTest);
    for (const window of windows.splice(0)) await window.close();
  });
  after(async () => session.end());

  async function open(folder: string | null): Promise<Workbench> {
    const window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
    windows.push(window);
    return window;
  }

  async function start(window: Workbench, prompt: string, folderName?: string): Promise<void> {
    const total = folderName === undefined ? 3 : 4;
    await window.command('HAiOS: Run Agent Task…');
    if (folderName !== undefined) await window.answer('(1/4)', folderName);
    await window.answer(`(${total - 2}/${total})`, prompt);
    await window.answer(`(${total - 1}/${total})`, 'offline');
    await window.answer(`(${total}/${total})`, '');
  }

  it('run at the same time, each with a runtime of its own, and share their history', async () => {
    const folders = [await sampleWorkspace(session.home, 'first'), await sampleWorkspace(session.home, 'second')];
    const [first, second] = await Promise.all(folders.map((folder) => open(folder)));
    assert.ok(first !== undefined && second !== undefined);
    await Promise.all([start(first, 'inventory'), start(second, 'todo')]);
    for (const window of [first, second]) {
      await eventually(
        'status',
        () => window.statusText(),
        // Which budget is the fullest depends on what the run’s processes used: any resource will do.
        (text) => /\d.* \/ .+ · \d+ %$/.test(text),
      );
    }
    for (const [window, prompt] of [
      [first, 'inventory'],
      [second, 'todo'],
    ] as const) {
      await eventually(
        'rows',
        () => window.rowTexts(),
        (rows) => rows.some((row) => row.startsWith(prompt) && /g\d+ · \$/.test(row)),
      );
    }
    for (const window of [first, second]) {
      await window.command('HAiOS: Refresh Trace');
      await eventually(
        'rows',
        () => window.rowTexts(),
        (rows) => rows.length === 2,
      );
    }
    const panels = [];
    for (const window of [first, second]) {
      await window.command('HAiOS: Open Panel');
      const panel = await window.panel();
      panels.push(
        await eventually(
          'panel',
          () => panel.locator('body').innerText(),
          (text) => /pid \d+/.test(text),
        ),
      );
    }
    const pids = panels.map((text) => /pid (\d+)/.exec(text)?.[1]);
    assert.notEqual(pids[0], pids[1]);
  });

  it('restarts a runtime that was killed, says so, and goes on', async () => {
    const window = await open(await sampleWorkspace(session.home, 'crash'));
    await window.command('HAiOS: Open Panel');
    const panel = await window.panel();
    const pidOf = async (): Promise<string> => /pid (\d+)/.exec(await panel.locator('body').innerText())?.[1] ?? '';
    const before = await eventually('pid', pidOf, (pid) => pid !== '');
    process.kill(Number(before), 'SIGKILL');
    await eventually('pid', pidOf, (pid) => pid !== '' && pid !== before);
    await window.showNotifications();
    await window.notifications.filter({ hasText: 'ended unexpectedly' }).first().waitFor();
    assert.equal(await window.notifications.filter({ hasText: 'ended unexpectedly' }).count(), 1);
    await start(window, 'links');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /^links ?g\d+ · \$/.test(rows[0] ?? ''),
    );
  });

  it('asks which of several folders the agent works in', async () => {
    const folders = [await sampleWorkspace(session.home, 'left'), await sampleWorkspace(session.home, 'right')];
    const file = join(session.home, 'both.code-workspace');
    await writeFile(file, JSON.stringify({ folders: folders.map((path) => ({ path })) }));
    const window = await open(file);
    await start(window, 'inventory', 'right');
    const report = await eventually(
      'the report',
      () => readFile(join(session.home, 'right', '.haios', '.gitignore'), 'utf8').catch(() => ''),
      (text) => text !== '',
    );
    assert.notEqual(report, '');
    await assert.rejects(readFile(join(session.home, 'left', '.haios', '.gitignore')));
  });

  it('says what is missing when no folder is open', async () => {
    const window = await open(null);
    await window.command('HAiOS: Run Agent Task…');
    await window.page.locator('.quick-input-message', { hasText: 'No folder is open' }).waitFor();
    await window.answer('(1/3)', 'inventory');
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', '');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /^inventory ?g\d+ · \$/.test(rows[0] ?? ''),
    );
    await window.showNotifications();
    await window.notifications.getByRole('button', { name: 'Open Report' }).click();
    await window.page.locator('.view-lines', { hasText: 'inventory' }).waitFor();
  });
});
