import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { extensionFolder, sampleWorkspace } from '../support/paths.ts';
import { startSession, type Session } from '../support/session.ts';
import { eventually, seriousViolations, Workbench } from '../support/workbench.ts';

describe('lanes and tasks in a person’s hands', () => {
  let session: Session;
  let window: Workbench;

  before(async function () {
    this.timeout(120_000);
    session = await startSession({ driver: true });
    const folder = await sampleWorkspace(session.home);
    window = await Workbench.open(session.browser, session.server, { folder, development: extensionFolder });
  });
  afterEach(async function () {
    await window.onFailure(this.currentTest);
  });
  after(async () => session.end());

  const list = (): Locator => window.page.locator('.quick-input-list .monaco-list-row');
  const panelText = async (): Promise<string> => {
    const panel = await window.panel();
    return (await panel.locator('body').innerText()).replace(/\s+/g, ' ');
  };

  async function control(action: 'Pause' | 'Resume' | 'Drain', lane: string): Promise<void> {
    await window.command(`HAiOS: ${action} Lane…`);
    await list().filter({ hasText: lane }).waitFor();
    await window.answer(`${action} Lane`, lane);
  }

  async function start(prompt: string): Promise<void> {
    await window.command('HAiOS: Run Agent Task…');
    await window.answer('(1/3)', prompt);
    await window.answer('(2/3)', 'offline');
    await window.answer('(3/3)', '');
  }

  async function firstRow(pattern: RegExp): Promise<void> {
    await eventually(
      'rows',
      () => window.rowTexts(),
      (rows) => pattern.test(rows[0] ?? ''),
    );
  }

  async function paused(shown: boolean): Promise<void> {
    await eventually(
      'the status bar',
      () => window.status.innerHTML(),
      (html) => html.includes('codicon-debug-pause') === shown,
    );
  }

  /** The task of the newest run: the row below it, once it is opened. */
  async function task(): Promise<Locator> {
    const at = (index: number): Locator => window.rows.and(window.page.locator(`[data-index="${index}"]`));
    await at(0).click();
    await eventually(
      'the task',
      async () => {
        const opened = await at(0).getAttribute('aria-expanded');
        if (opened === 'false') await window.page.keyboard.press('ArrowRight');
        return opened === 'true' ? (await at(1).allInnerTexts()).join() : '';
      },
      (text) => text.startsWith('task'),
    );
    return at(1);
  }

  async function choose(item: string): Promise<void> {
    const row = await task();
    const entry = window.page.getByRole('menuitem', { name: item });
    await eventually(
      `“${item}” in the task’s menu`,
      async () => {
        await window.page.keyboard.press('Escape');
        await row.click({ button: 'right', timeout: 5000 });
        return entry.waitFor({ timeout: 2000 }).then(
          () => 'offered',
          () => 'not offered',
        );
      },
      (state) => state === 'offered',
    );
    // A menu that has just opened does not hear the mouse yet.
    await eventually(
      `“${item}” chosen`,
      () =>
        entry.click({ timeout: 1000 }).then(
          () => entry.isVisible(),
          () => entry.isVisible(),
        ),
      (open) => !open,
    );
  }

  it('a lane paused from the palette holds a run, and status bar and panel say so', async () => {
    await window.command('HAiOS: Pause Lane…');
    await list().filter({ hasText: 'model call' }).waitFor();
    assert.match(await list().first().innerText(), /All lanes/);
    await window.answer('Pause Lane', 'model call');
    await paused(true);
    await start('inventory');
    await window.command('HAiOS: Open Panel');
    await eventually(
      'the panel',
      panelText,
      (text) => text.includes('Lane model call is paused') && /paused nothing starts 1 queued/.test(text),
    );
    await firstRow(/^inventory ?g1 · (?!\$)/);
    await window.status.hover();
    await window.page.locator('.workbench-hover', { hasText: 'Lane model call is paused' }).first().waitFor();
    await window.page.mouse.move(700, 300);
    assert.deepEqual(await seriousViolations(await window.panel()), []);
    await window.screenshot('lane-paused');
  });

  it('offers to resume what is stopped and nothing else, and the run goes on to its end', async () => {
    await window.command('HAiOS: Resume Lane…');
    await eventually(
      'the lanes',
      () => list().allInnerTexts(),
      (texts) => texts.length === 2 && /All lanes/.test(texts[0] ?? '') && /model call/.test(texts[1] ?? ''),
    );
    await window.answer('Resume Lane', 'model call');
    await firstRow(/^inventory ?g1 · \$/);
    await paused(false);
  });

  it('a lane is paused and resumed in the panel, at its own row', async () => {
    const panel = await window.panel();
    const lanes = panel.getByRole('region', { name: 'Lanes' });
    await lanes.getByRole('button', { name: 'Pause lane model call' }).click();
    await paused(true);
    await lanes.getByRole('button', { name: 'Resume lane model call' }).click();
    await paused(false);
  });

  it('a task paused in the tree is held until it is continued', async () => {
    await control('Pause', 'model call');
    await start('todo');
    await firstRow(/^todo ?g2 · (?!\$)/);
    await choose('Pause Task');
    await eventually(
      'the task',
      () => window.rowTexts(),
      (rows) => rows.some((row) => /^task ?paused/.test(row)),
    );
    await control('Resume', 'model call');
    await paused(false);
    await choose('Continue Task');
    await firstRow(/^todo ?g2 · \$/);
  });

  it('a task cancelled in the tree ends, though its lane is paused', async () => {
    await control('Pause', 'model call');
    await start('links');
    await firstRow(/^links ?g3 · (?!\$)/);
    await choose('Cancel Task');
    await firstRow(/^links ?g3 · (cancelled|failed)/);
    await control('Resume', 'All lanes');
    await paused(false);
  });

  it('a task is paused, continued and cancelled in the panel', async () => {
    await control('Pause', 'model call');
    await start('inventory');
    await firstRow(/^inventory ?g4 · (?!\$)/);
    await window.command('HAiOS: Open Panel');
    const panel = await window.panel();
    await panel.getByRole('button', { name: 'Pause run g4' }).click();
    await panel.getByRole('button', { name: 'Continue run g4' }).click();
    await panel.getByRole('button', { name: 'Pause run g4' }).waitFor();
    await panel.getByRole('button', { name: 'Cancel run g4' }).click();
    await firstRow(/^inventory ?g4 · cancelled/);
    await control('Resume', 'All lanes');
    await paused(false);
  });

  it('a task begun again in the tree ends well', async () => {
    await control('Pause', 'model call');
    await start('dependencies');
    await firstRow(/^dependencies ?g5 · (?!\$)/);
    await choose('Retry Task');
    await control('Resume', 'model call');
    await firstRow(/^dependencies ?g5 · \$/);
  });
});
