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
    await window.screenshot(`models-${model.replaceAll('/', '-')}`);
    await window.answer('(2/3)', model);
    await window.answer('(3/3)', '');
  }

  it('are offered without being configured, and a run goes through one of them to its end', async () => {
    await start('vscode/haios-test/open');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /g1 · unpriced/.test(rows[0] ?? ''),
    );
    await window.screenshot('models-run');
    const reports = join(folder, '.haios', 'reports');
    const [name] = await eventually(
      'the report',
      () => readdir(reports).catch((): string[] => []),
      (names) => names.length > 0,
    );
    const report = await readFile(join(reports, name ?? ''), 'utf8');
    console.log(report);
    assert.match(report, /Model open saw greet\.js\./);
    assert.match(report, /estimate/i);
  });

  it('are used once a person allowed it', async () => {
    await start('vscode/haios-test/guarded');
    const dialog = window.page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    await window.screenshot('models-consent');
    await dialog.getByRole('button', { name: 'Allow' }).click();
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /g2 · unpriced/.test(rows[0] ?? ''),
    );
  });
});
