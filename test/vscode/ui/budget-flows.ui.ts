import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { inTimeZone } from '../../support/time-zone.ts';
import { startMeteredProvider, type MeteredProvider } from '../support/metered-provider.ts';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, seriousViolations, Workbench } from '../support/workbench.ts';

/** A tenth of a cent for each token of an answer, and 90 at most: no call costs more than 9 cents. */
const dear = { output: 1000, tokens: 90 };

describe('a budget that fills up', () => {
  inTimeZone(zoneOfNoon());

  let provider: MeteredProvider;
  let session: Session;
  let window: Workbench;

  before(async function () {
    this.timeout(120_000);
    provider = await startMeteredProvider();
    session = await startSession({
      driver: true,
      settings: { 'haios.budgets.windows.day.usd': 2 },
    });
    const folder = await sampleWorkspace(session.home);
    const model = (id: string, output: number) => ({
      id,
      provider: 'openai-compatible',
      base_url: provider.baseUrl,
      model: `${id}-1`,
      max_output_tokens: dear.tokens,
      prices: { input: 0.01, output },
    });
    await writeFile(
      join(folder, 'haios.config.json'),
      JSON.stringify({ timeouts: { adaptive: false }, models: [model('dear', dear.output), model('cheap', 1)] }),
    );
    window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });
  after(async () => {
    await session.end();
    await provider.stop();
  });

  async function start(prompt: string, budget: string): Promise<void> {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', prompt);
    await window.answer('(2/3)', 'dear');
    await window.answer('(3/3)', budget);
  }
  const firstRow = (pattern: RegExp): Promise<string[]> =>
    eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => pattern.test(rows[0] ?? ''),
    );
  const buttons = async (of: Locator): Promise<string[]> =>
    (await of.getByRole('button').allInnerTexts()).filter((text) => text !== '');

  it('warns at 90 %, and the run stops after the call under way', async () => {
    await start('spend 90*10 held 1 1', '$1');
    const warning = await window.notification('The run budget of g1 is 90 % used: $0.90 of $1.00.');
    assert.deepEqual(await buttons(warning), ['Raise…', 'Stop After This Call', 'Details']);
    await window.screenshot('budget-warning');
    await warning.getByRole('button', { name: 'Stop After This Call' }).click();
    await window.page.locator('.statusbar-item', { hasText: 'Run g1 stops after its call' }).waitFor();
    await window.screenshot('budget-warning-stopping');
    provider.release();
    await firstRow(/^spend .*g1 · waits for budget/);
    const stopped = await window.notification('Run g1 stopped: a person asked it to stop after its call.');
    assert.deepEqual(await buttons(stopped), ['Continue', 'Other…', 'Stop']);
    await stopped.getByRole('button', { name: 'Continue' }).click();
    await firstRow(/^spend .*g1 · \$0\.90/);
    await window.notification('run g1 succeeded');
    assert.equal(await window.notifications.filter({ hasText: '90 %' }).count(), 0);
  });

  it('warns once of each budget, leads to its details, and raises it', async () => {
    await start('spend 90*10 held 90 90 1', '$1');
    const ofRun = await window.notification('The run budget of g2 is 90 % used: $0.90 of $1.00.');
    const ofDay = await window.notification('The daily budget is 90 % used: $1.802 of $2.00.');
    await ofDay.getByRole('button', { name: 'Details' }).click();
    const panel = await window.panel();
    await panel.locator('#budgets-title:focus').waitFor();
    await window.screenshot('budget-warning-details');
    await window.notification('The run budget of g2');
    await ofRun.getByRole('button', { name: 'Raise…' }).click();
    const asked = 'New limit of the run budget in dollars. Now $1.00';
    await window.page.locator('.quick-input-message', { hasText: asked }).waitFor();
    await window.answer('Raise Budget', '1.5');
    await panel.getByText('raised from $1.00').waitFor();
    provider.release();
    await firstRow(/^spend .*g2 · waits for budget · \$1\.08/);
    await window.notification('Run g2 stopped: daily budget $2.00');
    assert.equal(await window.notifications.filter({ hasText: '90 %' }).count(), 0);
  });

  it('makes a run wait for the next day, which says until when and can be cancelled or raised meanwhile', async () => {
    await (await window.notification('Run g2 stopped')).getByRole('button', { name: 'Wait until 00:00' }).click();
    const said = 'Run g2 goes on by itself tomorrow at 00:00.';
    await window.page.locator('.statusbar-item', { hasText: said }).waitFor();
    await window.status.hover();
    await window.page.locator('.workbench-hover', { hasText: 'goes on by itself tomorrow at 00:00' }).first().waitFor();
    await window.screenshot('budget-wait-tooltip');
    await window.page.mouse.move(700, 300);

    await start('spend 90', '$1');
    await (await window.notification('Run g3 stopped')).getByRole('button', { name: 'Wait until 00:00' }).click();
    await window.command('HAiOS: Open Panel');
    const panel = await window.panel();
    await panel.getByRole('tab', { name: 'Live' }).click();
    for (const g of ['g2', 'g3'])
      await panel
        .getByRole('article', { name: `Run ${g} stopped` })
        .getByText('It goes on by itself tomorrow at 00:00.')
        .waitFor();
    await window.screenshot('budget-wait-panel');
    assert.deepEqual(await seriousViolations(panel), []);

    await window.command('HAiOS: Cancel Run');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'g3' }).waitFor();
    await window.screenshot('budget-wait-cancel');
    await window.quickInput().fill('g3');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'g3' }).click();
    await firstRow(/^spend 90 ?g3 · cancelled/);

    await window.command('HAiOS: Decide Stopped Run…');
    await window.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await window.screenshot('budget-wait-decide');
    await window.answer('Run g2 stopped', 'Raise to $5');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => /^spend .*g2 · \$1\.08/.test(rows[1] ?? ''),
    );
  });

  it('lets a run go on to its end with a cheaper model', async () => {
    await start('spend 90 90 1 1', '$0.15');
    await (await window.notification('Run g4 stopped')).getByRole('button', { name: 'Other…' }).click();
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Go on with cheap' }).waitFor();
    await window.screenshot('budget-switch-choices');
    await window.answer('Run g4 stopped', 'Go on with cheap');
    await firstRow(/^spend .*g4 · \$0\.09/);
    assert.deepEqual(provider.asked.slice(-4), ['dear-1', 'cheap-1', 'cheap-1', 'cheap-1']);
    const panel = await window.panel();
    await panel.getByRole('tab', { name: 'Cost' }).click();
    await panel.getByRole('tab', { name: 'Model' }).click();
    await eventually(
      'the costs by model',
      async () => (await panel.getByRole('row').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')),
      (rows) => rows.includes('cheap $0.0001 95 3'),
    );
    await window.screenshot('budget-switch-cost');
  });
});

/** A zone in which it is about noon, so that no day ends while the tests run. */
function zoneOfNoon(): string {
  const ahead = 12 - new Date().getUTCHours();
  return `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}
