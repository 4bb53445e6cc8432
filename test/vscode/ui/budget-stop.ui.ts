import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, seriousViolations, Workbench } from '../support/workbench.ts';

/** Prices at which one call of the sample task fits into a dollar, and the next does not. */
const dear = { id: 'dear', provider: 'openai', model: 'dear-1', prices: { input: 125, output: 0.5 } };

describe('a run at its budget', () => {
  let session: Session;
  let window: Workbench;
  let second: Workbench | undefined;

  before(async function () {
    this.timeout(120_000);
    session = await startSession({
      driver: true,
      settings: { 'haios.priceAs': 'dear' },
      machineSettings: {
        'haios.models': [dear],
      },
    });
    window = await open('first');
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
    await second?.onFailure(this.currentTest);
  });
  after(async () => session.end());

  async function open(name: string): Promise<Workbench> {
    const folder = await sampleWorkspace(session.home, name);
    return Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
  }

  async function start(prompt: string, budget: string): Promise<void> {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', prompt);
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', budget);
  }

  async function firstRow(pattern: RegExp): Promise<void> {
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => pattern.test(rows[0] ?? ''),
    );
  }

  const notice = (text: string): Locator => window.notifications.filter({ hasText: text });
  const panelText = async (bench: Workbench): Promise<string> => {
    const panel = await bench.panel();
    return (await panel.locator('body').innerText()).replace(/\s+/g, ' ');
  };

  it('hits the cap, is raised to $2 on the notification, and goes on to its end', async () => {
    await start('inventory', '$1');
    await firstRow(/^inventory ?g1 · waits for budget/);
    await eventually(
      'the status bar',
      async () => [await window.statusText(), await window.status.getAttribute('class')].join(' '),
      (text) => /^\$0\.\d\d \/ \$1\.00 · \d+ %/.test(text) && text.includes('error-kind'),
    );
    await window.status.hover();
    await window.page.locator('.workbench-hover', { hasText: 'Run g1 stopped: run budget $1.00' }).first().waitFor();
    await window.screenshot('budget-stop-tooltip');
    await window.page.mouse.move(700, 300);
    await window.showNotifications();
    const stop = notice('Run g1 stopped: run budget $1.00 has no room for the next call');
    await stop.waitFor();
    assert.match(await stop.innerText(), /\(\$0\.\d+ spent, the next call may cost \$\d\.\d+\)/);
    assert.deepEqual(
      await stop
        .getByRole('button')
        .allInnerTexts()
        .then((all) => all.filter((text) => text !== '')),
      ['Raise to $2', 'Other…', 'Stop'],
    );
    await window.screenshot('budget-stop-notification');
    await stop.getByRole('button', { name: 'Raise to $2' }).click();
    await firstRow(/^inventory ?g1 · \$/);
    await eventually(
      'status',
      () => window.statusText(),
      (text) => /^\$0\.\d\d \/ \$2\.00 · \d+ %$/.test(text),
    );
    await window.showNotifications();
    await notice('run g1 succeeded').waitFor();
  });

  it('is decided in the panel, and the late answer on its notification is let go', async () => {
    await start('todo', '$1');
    await firstRow(/^todo ?g2 · waits for budget/);
    await window.command('HAiOS: Open Panel');
    const panel = await window.panel();
    const card = panel.getByRole('article', { name: 'Run g2 stopped' });
    await card.waitFor();
    await window.screenshot('budget-stop-panel');
    assert.deepEqual(await seriousViolations(panel), []);
    await card.getByRole('button', { name: 'Raise to $2: run g2' }).click();
    await card.waitFor({ state: 'detached' });
    await firstRow(/^todo ?g2 · \$/);
    await window.showNotifications();
    await notice('Run g2 stopped').getByRole('button', { name: 'Raise to $2' }).click();
    await notice('That run waits for no budget any more').waitFor();
  });

  it('is decided by every choice of the quick pick, an amount of one’s own among them', async () => {
    await start('links', '$1');
    await firstRow(/^links ?g3 · waits for budget/);
    await window.command('HAiOS: Decide Stopped Run…');
    const rows = window.page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: 'Raise to another amount…' }).waitFor();
    await window.screenshot('budget-stop-choices');
    await window.answer('Run g3 stopped', 'another amount');
    await window.answer('Raise the run budget of g3', '0.5');
    await window.page.locator('.quick-input-message', { hasText: 'give at least' }).waitFor();
    await window.screenshot('budget-stop-amount');
    await window.answer('Raise the run budget of g3', '3');
    await firstRow(/^links ?g3 · \$/);
  });

  it('a second window sees what was spent, and a limit set in the one holds in the other', async () => {
    second = await open('second');
    await second.command('HAiOS: Open Panel');
    await window.command('HAiOS: Raise Budget…');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Daily budget' }).waitFor();
    await window.screenshot('raise-budget-pick');
    await window.answer('Raise Budget', 'Daily');
    await window.page
      .locator('.quick-input-message', { hasText: 'New limit of the daily budget in dollars' })
      .waitFor();
    await window.screenshot('raise-budget-amount');
    await window.answer('Raise Budget', '45');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'For this day' }).waitFor();
    await window.screenshot('raise-budget-until');
    await window.answer('Raise Budget', null);
    for (const bench of [window, second]) {
      const text = await eventually(
        'the budget of the day',
        () => panelText(bench),
        (seen) => /per day .{0,60}\/ \$45\.00 raised from \$40\.00 until 00:00/.test(seen),
      );
      assert.match(text, /\$[1-9]\d*\.\d\d \/ \$45\.00|\$0\.\d\d \/ \$45\.00/);
    }
    await second.screenshot('budget-second-window');
  });
});
