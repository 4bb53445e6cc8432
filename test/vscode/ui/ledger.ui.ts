import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extensionFolder, root, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, Workbench } from '../support/workbench.ts';

const noise = 'no database at all '.repeat(300);

describe('a damaged ledger', () => {
  let session: Session;
  let window: Workbench;
  let folder: string;

  before(async function () {
    this.timeout(120_000);
    session = await startSession({ driver: true, settings: { 'haios.priceAs': 'gpt-5-mini' } }, spendAndDamage);
    window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });
  after(async () => session.end());

  /** A command leaves a backup behind; then the file is spoiled. */
  async function spendAndDamage(home: string): Promise<void> {
    folder = await sampleWorkspace(home);
    const data = join(home, 'haios');
    const env = { ...process.env, HAIOS_DATA_DIR: data };
    for (let n = 0; n < 2; n++) {
      const args = [join(root, 'dist', 'cli.cjs'), 'run', 'inventory', '--workspace', folder, '--port', '0', '--quiet'];
      await promisify(execFile)(process.execPath, args, { env });
    }
    assert.match((await readdir(join(data, 'backups'))).join(), /^ledger-.*\.db$/);
    await writeFile(join(data, 'ledger.db'), noise);
  }

  async function run(prompt: string): Promise<void> {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', prompt);
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', '$1');
  }

  it('is never begun anew by itself: the backup is offered, put back, and runs go on', async () => {
    await run('inventory');
    const rows = (pattern: RegExp): Promise<string[]> =>
      eventually(
        'rows',
        () => window.rowTexts(),
        (texts) => pattern.test(texts[0] ?? ''),
      );
    await rows(/^inventory ?g\d+ · failed/);
    await window.showNotifications();
    const said = window.notifications.filter({ hasText: /newest backup is of \d+ \w{3} \(\d+ calls/ }).first();
    await said.waitFor();
    await window.screenshot('ledger-damaged');
    await said.getByRole('button', { name: 'Restore Backup' }).click();
    await window.notifications.filter({ hasText: 'was restored' }).first().waitFor();
    await run('todo');
    await rows(/^todo ?g\d+ · \$/);
  });
});
