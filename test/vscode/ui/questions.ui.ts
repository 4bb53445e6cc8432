import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, Workbench } from '../support/workbench.ts';

const labels = { required: ['team/*', 'ticket-*'], denied: ['team/secret'] };

describe('what is asked, and asked again', () => {
  let session: Session;
  let window: Workbench;
  let folder: string;

  before(async function () {
    this.timeout(120_000);
    session = await startSession({ driver: true });
    folder = await sampleWorkspace(session.home);
    await writeFile(join(folder, 'haios.config.json'), JSON.stringify({ policies: { labels } }));
    window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });
  after(async () => session.end());

  const said = (text: string): Locator => window.page.locator('.quick-input-message', { hasText: text });
  const typed = (text: string): Promise<string> =>
    eventually(
      'what is typed',
      () => window.quickInput().inputValue(),
      (value) => value === text,
    );

  it('labels, until the policies take those that are given', async () => {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', 'inventory');
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', '');
    const wanted = 'policies.labels.required asks for a label “team/*” and a label “ticket-*”, and the run has none';
    await said(wanted).waitFor();
    await window.screenshot('labels-required');
    const title = 'Run Agent Task';
    await window.answer(title, ' , ');
    await said('Give a label.').waitFor();
    await window.answer(title, 'team/docs');
    await said('asks for a label “ticket-*”, and the run has team/docs').waitFor();
    await typed('team/docs');
    await window.answer(title, 'team/docs, ticket 12');
    await said('The label "ticket 12" is not 1 to 64 letters').waitFor();
    await window.answer(title, 'team/docs, ticket-12, team/secret');
    await said('policies.labels.denied denies “team/secret”').waitFor();
    await typed('team/docs, ticket-12, team/secret');
    await window.screenshot('labels-denied');
    await window.answer(title, 'team/docs, ticket-12');
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => rows.length === 1 && /^inventory ?g1 · \$/.test(rows[0] ?? ''),
    );
  });

  it('the time of a cost report, in which nothing typed is lost by going back', async () => {
    await window.command('HAiOS: Export Cost Report…');
    await window.answer('(1/2)', 'Markdown');
    await window.answer('(2/2)', 'Custom range');
    await window.page.locator('.quick-input-widget', { hasText: '(3/4)' }).waitFor();
    await window.quickInput().fill('2026-13');
    await said('From is “2026-13”; give a day, for instance 2026-11-01').waitFor();
    await window.screenshot('report-range-from');
    await window.answer('(3/4)', '2001-02-03');
    await window.page.locator('.quick-input-widget', { hasText: '(4/4)' }).waitFor();
    await window.quickInput().fill('2001-02-02');
    await said('To “2001-02-02” is not after From “2001-02-03”').waitFor();
    await window.screenshot('report-range-to');
    await window.page.locator('.quick-input-widget .codicon-quick-input-back').click();
    await window.page.locator('.quick-input-widget', { hasText: '(3/4)' }).waitFor();
    await typed('2001-02-03');
    await window.answer('(3/4)', null);
    await window.page.locator('.quick-input-widget', { hasText: '(4/4)' }).waitFor();
    await typed('2001-02-02');
    await window.answer('(4/4)', '');
    await eventually(
      'the save dialog',
      () => window.quickInput().inputValue(),
      (value) => value.endsWith('cost_report.md'),
    );
    const target = join(folder, 'costs.md');
    await window.quickInput().fill(target);
    await window.page.keyboard.press('Enter');
    await window.page.locator('.tab.active', { hasText: 'costs.md' }).waitFor();
    const text = await readFile(target, 'utf8');
    assert.match(text, /2001-02-0[23]/);
    assert.match(text, /inventory/);
  });
});
