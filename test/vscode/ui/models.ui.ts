import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelProviderId, placeModelProvider } from '../support/model-provider.ts';
import { installPackaged } from '../support/packaged.ts';
import { sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, Workbench } from '../support/workbench.ts';

describe('the editor’s own language models', () => {
  let session: Session;
  let window: Workbench;
  let folder: string;

  before(async function () {
    this.timeout(240_000);
    // Without the driver, which would keep the editor from asking for consent.
    session = await startSession({ proposals: modelProviderId }, async (home) => {
      await placeModelProvider(home);
      await installPackaged(home);
    });
    folder = await sampleWorkspace(session.home);
    window = await Workbench.open(session.browser, session.server, { folder, development: null });
  });
  after(async () => session.end());
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });

  async function start(model: string): Promise<void> {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', 'list the files');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: model }).waitFor();
    await window.answer('(2/3)', model);
    await window.answer('(3/3)', '');
  }

  const row = (text: RegExp): Promise<string[]> =>
    eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => text.test(rows[0] ?? ''),
    );

  it('are offered without being configured, and a run goes through one of them to its end', async () => {
    await start('vscode/haios-test/open');
    await row(/g1 · unpriced · .* · ≈ [\d,]+ tokens/);
    const reports = join(folder, '.haios', 'reports');
    const [name] = await eventually(
      'the report',
      () => readdir(reports).catch((): string[] => []),
      (names) => names.length > 0,
    );
    const report = await readFile(join(reports, name ?? ''), 'utf8');
    assert.match(report, /Model open saw greet\.js\./);
    assert.match(report, /Part of it is an estimate\. 2 unpriced calls/);
  });

  it('have their tokens marked as an estimate in the panel', async () => {
    await window.command('HAiOS: Open Panel');
    const panel = await window.panel();
    await panel.locator('.today .unpriced').waitFor();
    await panel.getByRole('tab', { name: 'Cost' }).click();
    await panel.locator('.mark', { hasText: 'estimated' }).first().waitFor();
    await panel.getByRole('tab', { name: 'Model', exact: true }).click();
    await panel.getByRole('button', { name: 'vscode/haios-test/open' }).waitFor();
    await window.screenshot('models-panel');
  });

  it('are not used when the person refuses, which says what to do', async () => {
    await start('vscode/haios-test/guarded');
    await consent('Cancel');
    await row(/g2 · failed/);
    await window.notifications.filter({ hasText: 'may not be used by HAiOS' }).first().waitFor();
    await window.screenshot('models-refused');
  });

  it('are used once the person allowed it', async () => {
    await start('vscode/haios-test/guarded');
    await window.screenshot('models-consent');
    await consent('Allow');
    await row(/g3 · unpriced · .* · ≈ [\d,]+ tokens/);
  });

  async function consent(answer: 'Allow' | 'Cancel'): Promise<void> {
    const dialog = window.page.locator('.monaco-dialog-box', { hasText: 'wants to access the language models' });
    await dialog.getByRole('button', { name: answer, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }
});
