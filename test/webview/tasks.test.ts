import assert from 'node:assert/strict';
import type { Snapshot, TaskView } from '../../src/protocol/snapshot.ts';
import { fullSnapshot, oneTaskSnapshot, runView, steeredSnapshot, taskView, tasksOfPlan, then } from './fixtures.ts';
import { findings, overflow } from './reader.ts';
import { themes } from './stage.ts';
import type { Opened, Theme } from './stage.ts';
import { useStage } from './use-stage.ts';

const moved = 'packages/app/src/a/deeply/nested/folder';

describe('panel: tasks in a person’s hands', function () {
  this.timeout(60_000);
  const stage = useStage();

  async function webview(snapshot: Snapshot, theme: Theme = 'dark', width = 1000): Promise<Opened> {
    const opened = await stage().open({ host: 'vscode', theme, width });
    await opened.page.clock.setFixedTime(then);
    await opened.tell({ type: 'snapshot', snapshot, readOnly: false });
    await opened.page.getByRole('heading', { name: 'Lanes' }).waitFor();
    return opened;
  }
  /** The plan of run g12 with some tasks changed. */
  function plan(changes: Readonly<Record<string, Partial<TaskView>>> = {}): Snapshot {
    const tasks = tasksOfPlan().map((task) => ({ ...task, ...changes[task.taskId] }));
    const [first, ...others] = fullSnapshot().runs;
    return { ...fullSnapshot(), runs: [{ ...(first ?? runView()), tasks }, ...others], approvals: [] };
  }
  /** What the panel asked of tasks, in order. */
  async function asked({ posted }: Opened): Promise<readonly { readonly [key: string]: unknown }[]> {
    return (await posted()).filter(({ type }) => type === 'controlTask');
  }
  async function rows({ page }: Opened, g = 12): Promise<readonly string[]> {
    const items = page.getByRole('list', { name: `Tasks of run g${g}` }).getByRole('listitem');
    return (await items.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  }
  const focus = ({ page }: Opened): Promise<string | null> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id ?? null);

  it('shows each step of a run under way with its state, stage, time, tokens and cost, in the order of the plan', async () => {
    const opened = await webview(steeredSnapshot());
    const long = `${moved}/`.repeat(4);
    assert.deepEqual(await rows(opened), [
      'Ask the issue tracker cancelled 12s 12.8k tok $0.0612',
      'Step 2 done 12s 999k tok ≈$15.00',
      `Rewrite ${long}index.ts decompose 2h 01m 05s 12.8k tok unpriced`,
      'Read what is there done 12s 12.8k tok $0.0612',
      `Move Rewrite ${long}index.ts pausing 12m 34s 12.8k tok $0.0612`,
      'Check that it builds failed 12s 12.8k tok $0.0612',
      ...[4, 5, 6, 7, 8, 9].map((n) => `Rewrite package ${n} queued`),
      '+ 4 more',
    ]);
    assert.deepEqual(
      await rows(opened, 13),
      ['Replace it in packages/app execute 12s 12.8k tok $0.0612'],
      'of another run under way: what is at work',
    );
    assert.equal(await opened.page.getByText('Task 5 of 17').count(), 1);
    assert.deepEqual(opened.problems, []);
  });

  it('offers of each what its state allows, by the name of the task and its run', async () => {
    const { page } = await webview(plan({ 'task-1': { state: 'cancelled' }, 'task-2': { repeatable: false } }));
    const names = await page
      .locator('.run [data-task]')
      .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
    const read = 'task “Read the 14 files that hold a TODO and note their age from git” of run g12';
    assert.deepEqual(names, [
      'Pause run g12',
      'Retry run g12',
      'Retry task “List the files that hold a TODO” of run g12',
      `Pause ${read}`,
      `Retry ${read}`,
      `Cancel ${read}`,
    ]);
  });

  it('a run of one task shows its figures once, and is paused, continued and begun again as a run', async () => {
    const opened = await webview(oneTaskSnapshot());
    const { page, tell } = opened;
    assert.equal(await page.getByRole('list', { name: /Tasks of run/ }).count(), 0);
    assert.equal(await page.getByText('Task 1 of 1').count(), 0);
    await page.getByRole('button', { name: 'Pause run g12' }).click();
    await tell({ type: 'reply', id: 1, result: null });
    await tell({ type: 'delta', delta: { seq: 2, changed: { runs: oneTaskSnapshot('paused').runs } } });
    await page.locator('.run .status', { hasText: 'Paused' }).waitFor();
    await page.getByRole('button', { name: 'Continue run g12' }).click();
    await tell({ type: 'reply', id: 2, result: null });
    await page.locator('.run [aria-disabled=true]').first().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Retry run g12' }).click();
    const whole = { type: 'controlTask', runId: 'run-12', taskId: 'task-0' };
    assert.deepEqual(await asked(opened), [
      { ...whole, id: 1, action: 'pause' },
      { ...whole, id: 2, action: 'continue' },
      { ...whole, id: 3, action: 'retry' },
    ]);
  });

  it('is steered by keyboard alone: busy while it is asked, and the keyboard stays where it was', async () => {
    const opened = await webview(plan());
    const { page, tell } = opened;
    const pause = page.getByRole('button', { name: /^Pause task “Read/ });
    await page.getByRole('button', { name: /^Retry task “Ask git/ }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await pause.and(page.locator('[aria-disabled=true]')).waitFor();
    await page.keyboard.press('Enter');
    assert.match((await focus(opened)) ?? '', /^Pause task “Read/);
    await tell({ type: 'reply', id: 1, result: null });
    await tell({ type: 'delta', delta: { seq: 2, changed: { runs: plan({ 'task-3': { state: 'paused' } }).runs } } });
    await page.getByRole('button', { name: /^Continue task “Read/ }).waitFor();
    assert.match((await focus(opened)) ?? '', /^Continue task “Read/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    const task = { type: 'controlTask', runId: 'run-12', taskId: 'task-3' };
    assert.deepEqual(
      await asked(opened),
      [
        { ...task, id: 1, action: 'pause' },
        { ...task, id: 2, action: 'cancel' },
      ],
      'what is asked while it is busy is not asked twice',
    );
    const cancelled = { state: 'cancelled', repeatable: true } as const;
    await tell({ type: 'reply', id: 2, result: null });
    await tell({ type: 'delta', delta: { seq: 3, changed: { runs: plan({ 'task-3': cancelled }).runs } } });
    await page.locator('.task', { hasText: 'cancelled' }).waitFor();
    await page.waitForFunction(() =>
      document.activeElement?.getAttribute('aria-label')?.startsWith('Retry task “Read'),
    );
    await tell({ type: 'delta', delta: { seq: 4, changed: { runs: [runView({ status: 'succeeded' })] } } });
    await page.waitForFunction(() => document.activeElement?.id === 'run-title');
  });

  it('says beside the task why something was refused, until it goes on', async () => {
    const opened = await webview(plan());
    const { page, tell } = opened;
    const sentence = 'That task is not at work; it has ended.';
    await page.getByRole('button', { name: /^Cancel task “Read/ }).click();
    await tell({ type: 'failure', id: 1, error: { code: 'RUN_NOT_FOUND', message: sentence } });
    const row = page.locator('.task', { hasText: 'Read the 14 files' });
    await row.getByRole('alert').getByText(sentence).waitFor();
    assert.equal(await page.locator('.run [aria-disabled=true]').count(), 0);
    await tell({ type: 'delta', delta: { seq: 2, changed: { runs: plan({ 'task-3': { state: 'done' } }).runs } } });
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Retry run g12' }).click();
    await tell({ type: 'failure', id: 2, error: { code: 'RUN_NOT_FOUND', message: sentence } });
    await page.locator('.run > .task-refusal').getByText(sentence).waitFor();
  });

  for (const width of [280, 400, 1000, 1600]) {
    it(`figures that grow and tasks that go on move nothing and are not cut off, at ${width} pixels`, async () => {
      const opened = await webview(plan(), 'dark', width);
      const { page, tell } = opened;
      const boxes = (): Promise<readonly string[]> =>
        page.locator('.card, .task, .task-title, .task-figures, .run-head vscode-button').evaluateAll((all) =>
          all.map((element) => {
            const { x, y, width: w, height } = element.getBoundingClientRect();
            return [element.classList[0], x, y, w, height].join(' ');
          }),
        );
      const before = await boxes();
      const more = {
        'task-0': { state: 'paused' },
        'task-1': { tokens: 999_400, nusd: 998_120_000, estimated: true, unpricedCalls: 2 },
        'task-3': { state: 'done', elapsedMs: 7_265_000, tokens: 1_948_211, nusd: 14_998_120_000, repeatable: true },
        'task-4': { state: 'running', stage: 'budget_gate', elapsedMs: 754_000, tokens: 12_840, nusd: 61_200_000 },
      } as const;
      await tell({ type: 'delta', delta: { seq: 2, changed: { runs: plan(more).runs } } });
      await page.locator('.task', { hasText: 'budget gate' }).waitFor();
      assert.deepEqual(await boxes(), before);
      assert.equal(await overflow(page), 0);
      const cut = await page.locator('.run-head vscode-button').evaluateAll(
        (all) =>
          all.filter((button) => {
            const text = document.createRange();
            text.selectNodeContents(button);
            const [inner, outer] = [text.getBoundingClientRect(), button.getBoundingClientRect()];
            return inner.left < outer.left + 4 || inner.right > outer.right - 4;
          }).length,
      );
      assert.equal(cut, 0, 'each button holds its text');
      const figures = await page.locator('.task').evaluateAll((all) =>
        all.flatMap((task) => {
          const shown = [...task.querySelectorAll('.task-state, .task-figures .num')];
          return shown.flatMap((one, n) => {
            const next = shown[n + 1]?.getBoundingClientRect().left ?? Infinity;
            const text = document.createRange();
            text.selectNodeContents(one);
            const right = one.matches('.num') ? text.getBoundingClientRect().right : one.getBoundingClientRect().right;
            return right > next ? [one.textContent] : [];
          });
        }),
      );
      assert.deepEqual(figures, [], 'no figure runs into the next one');
    });
  }

  it('shows hostile titles as text, on one line', async () => {
    const evil = `<img src=x onerror="window.pwned=1">\u202e${'x'.repeat(400)}`;
    const { page, problems, tell } = await webview(plan({ 'task-3': { title: evil } }), 'dark', 280);
    await page.getByRole('button', { name: /^Pause task “<img src=x/ }).click();
    await tell({ type: 'failure', id: 1, error: { code: 'RUN_NOT_FOUND', message: evil } });
    await page.getByRole('alert').getByText('<img src=x').waitFor();
    assert.ok((await page.locator('.task-title').nth(2).innerText()).includes('\\u{202e}x'));
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await overflow(page), 0);
    assert.deepEqual(problems, []);
  });

  for (const theme of themes) {
    it(`has no serious finding of axe-core in ${theme}`, async () => {
      const opened = await webview(steeredSnapshot(), theme, 1100);
      const { page, tell } = opened;
      await page.getByRole('button', { name: /^Continue task/ }).click();
      await tell({ type: 'failure', id: 1, error: { code: 'RUN_NOT_FOUND', message: 'It has ended.' } });
      await page.getByRole('alert').waitFor();
      await page.getByRole('button', { name: /^Retry task “Ask/ }).click();
      assert.deepEqual(await findings(page), []);
      assert.deepEqual(opened.problems, []);
    });
  }

  it('in a browser it only reads, and says where tasks are steered', async () => {
    stage().begin({ type: 'snapshot', snapshot: steeredSnapshot(), readOnly: true });
    const opened = await stage().open({ host: 'browser', theme: 'light', width: 1000 });
    const { page } = opened;
    await page.getByText('This page is read-only: tasks are steered in the VS Code window that runs them.').waitFor();
    assert.equal((await rows(opened)).length, 13);
    assert.equal(await page.locator('[data-task]').count(), 0);
    assert.equal(await page.locator('vscode-button').count(), 0);
    const runs = [runView({ tasks: [taskView(0, { depth: 0 }), taskView(1, { state: 'queued' })] })];
    stage().send({ type: 'delta', delta: { seq: 2, changed: { runs } } });
    await page.getByText('This page is read-only').waitFor({ state: 'detached' });
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(opened.problems, []);
  });
});
