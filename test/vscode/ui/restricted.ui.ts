import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackaged } from '../support/packaged.ts';
import { sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, Workbench } from '../support/workbench.ts';

describe('restricted mode', () => {
  let session: Session;
  let window: Workbench;
  let folder: string;
  const file = (): Promise<string> => readFile(join(folder, 'src', 'greet.js'), 'utf8');

  before(async function () {
    this.timeout(240_000);
    session = await startSession({ askTrust: true }, installPackaged);
    folder = await sampleWorkspace(session.home);
    window = await Workbench.open(session.browser, session.server, { folder, development: null });
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });
  after(async () => session.end());

  async function start(prompt: string): Promise<void> {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', prompt);
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', '');
  }

  it('says what is off, and why', async () => {
    await window.command('HAiOS: Open Trace');
    const welcome = window.page.locator('.welcome-view', { hasText: 'this workspace is not trusted' });
    await welcome.waitFor();
    await welcome.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
    await window.status.hover();
    await window.page.locator('.workbench-hover', { hasText: 'Restricted mode' }).first().waitFor();
    await window.page.mouse.move(700, 300);
  });

  it('lets an agent read', async () => {
    await start('inventory');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /^inventory ?g1 · \$/.test(rows[0] ?? ''),
    );
  });

  it('lets no agent write, without even asking', async () => {
    await start('replace Hello with Goodbye in src/*.js');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /^replace.*g2 · (failed · )?\$/.test(rows[0] ?? ''),
    );
    assert.match(await file(), /Hello/);
    assert.equal(await window.notifications.filter({ hasText: 'greet.js' }).count(), 0);
  });

  it('ends when the person trusts the workspace, at once', async () => {
    await window.command('Workspaces: Manage Workspace Trust');
    await window.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await start('replace Hello with Goodbye in src/*.js');
    await window.notifications
      .filter({ hasText: 'greet.js' })
      .getByRole('button', { name: 'Allow', exact: true })
      .click();
    await eventually('the file', file, (text) => text.includes('Goodbye'));
  });
});
