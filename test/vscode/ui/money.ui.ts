import assert from 'node:assert/strict';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, Workbench } from '../support/workbench.ts';

describe('budgets and keys', () => {
  let session: Session;
  let window: Workbench;

  before(async function () {
    this.timeout(120_000);
    session = await startSession({
      driver: true,
      settings: { 'haios.priceAs': 'gpt-5-mini', 'haios.budgets.onLimit': 'stop' },
      machineSettings: {
        'haios.models': [{ id: 'cloud', provider: 'openai', model: 'gpt-5-mini' }],
      },
    });
    const folder = await sampleWorkspace(session.home);
    window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });
  after(async () => session.end());

  const background = (): Promise<string> => window.status.evaluate((item: Element) => item.className);

  it('stops a run before the call that its budget does not allow', async () => {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', 'inventory');
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', '$0.0001');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /g1 · budget exceeded · \$0/.test(rows[0] ?? ''),
    );
    await eventually('the status bar', background, (classes) => classes.includes('error-kind'));
  });

  it('resumes it with a new total, and shows whose prices these are', async () => {
    await window.command('HAiOS: Resume Run…');
    await window.answer('inventory', null);
    await window.answer('new total for this run', 'usd=1');
    const [row] = await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /g1 · \$/.test(rows[0] ?? ''),
    );
    assert.match(row ?? '', /\$0\.\d+ as gpt-5-mini/);
    await eventually(
      'status',
      () => window.statusText(),
      (text) => /^\$0\.\d+ \/ \$1\.00 · \d %$/.test(text),
    );
    assert.ok(!(await background()).includes('error-kind'));
  });

  it('keeps a key in the secret storage, and the model is ready at once', async () => {
    const cloud = window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'cloud' });
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', 'inventory');
    await cloud.locator('.codicon-warning').waitFor();
    await window.page.keyboard.press('Escape');

    await window.command('HAiOS: Set Model API Key…');
    await window.answer('(1/2)', 'cloud');
    await window.answer('(2/2)', 'sk-not-a-real-key');
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', 'inventory');
    await cloud.waitFor();
    assert.equal(await cloud.locator('.codicon-warning').count(), 0);
    await window.page.keyboard.press('Escape');
  });

  it('logs which runtime it talks to', async () => {
    await window.command('HAiOS: Show Logs');
    await window.page.locator('.view-lines', { hasText: 'Runtime 0.' }).first().waitFor();
  });
});
