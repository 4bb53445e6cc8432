import assert from 'node:assert/strict';
import type { Snapshot } from '../../src/protocol/snapshot.ts';
import { emptySnapshot, fullSnapshot, stoppedSnapshot, stops, then } from './fixtures.ts';
import { findings, overflow, reply } from './reader.ts';
import { themes } from './stage.ts';
import type { Opened, Theme } from './stage.ts';
import { useStage } from './use-stage.ts';

/** Budgets and costs in the real bundle, in a real browser. */
describe('panel: budgets and costs', function () {
  this.timeout(60_000);
  const stage = useStage();

  async function show(snapshot: Snapshot, theme: Theme = 'dark', width = 1000): Promise<Opened> {
    const opened = await stage().open({ host: 'vscode', theme, width });
    await opened.page.clock.setFixedTime(then + 90_000);
    await opened.tell({ type: 'snapshot', snapshot, readOnly: false });
    await opened.page.getByRole('heading', { name: 'Lanes' }).waitFor();
    return opened;
  }
  async function openCosts(opened: Opened): Promise<void> {
    await opened.page.getByRole('tab', { name: 'Cost' }).click();
    await reply(opened, 'costs');
    await opened.page.getByRole('table').waitFor();
  }
  async function priceAs(opened: Opened, model: string): Promise<void> {
    await opened.page.getByRole('combobox', { name: 'Reckon as' }).selectOption(model);
    await reply(opened, 'costs');
    await opened.page.getByRole('region', { name: 'What if' }).getByText('−$12.46').waitFor();
  }
  const text = (value: string): string => value.replace(/\s+/g, ' ');

  it('shows each stop with its figures, and each decision reaches the host once', async () => {
    const opened = await show(stoppedSnapshot());
    const { page } = opened;
    const card = (g: number) => page.getByRole('article', { name: `Run g${g} stopped` });
    assert.match(
      text(await card(12).innerText()),
      /The run budget of \$1\.00 does not allow the next call.* Limit \$1\.00 Spent \$0\.98 Held \$0\.00 Next call, at most \$0\.11 Frees up not by itself/,
    );
    await card(12).getByRole('button', { name: 'Go on with claude-haiku-4-5: run g12' }).click();
    await card(12).getByRole('button', { name: 'Stop: run g12' }).click({ force: true });
    await card(11).getByRole('button', { name: 'Other amount…: run g11' }).click();
    await card(11).getByRole('combobox').selectOption('gpt-5-nano');
    await card(11).getByRole('button', { name: 'Switch model: run g11' }).click();
    assert.equal(await card(10).getByRole('button').count(), 2);
    await card(10).getByRole('button', { name: 'Continue: run g10' }).click();
    const [, day] = stops();
    const { name, resource, scope, key, window } = day?.budget ?? assert.fail();
    assert.deepEqual((await opened.posted()).slice(1), [
      { type: 'decideBudget', runId: 'run-12', decision: { type: 'switch_model', model: 'claude-haiku-4-5' } },
      { type: 'raiseBudget', budget: { name, resource, scope, key, window } },
      { type: 'decideBudget', runId: 'run-11', decision: { type: 'switch_model', model: 'gpt-5-nano' } },
      { type: 'decideBudget', runId: 'run-10', decision: { type: 'continue' } },
    ]);
    await opened.tell({ type: 'snapshot', snapshot: stoppedSnapshot(), readOnly: false });
    await card(12).getByRole('button', { name: 'Raise to $5: run g12' }).click();
    await card(11)
      .getByRole('button', { name: /^Raise to \$80/ })
      .click();
    assert.deepEqual((await opened.posted()).slice(-2), [
      { type: 'decideBudget', runId: 'run-12', decision: { type: 'raise', limit: 5e9, until: null } },
      { type: 'decideBudget', runId: 'run-11', decision: { type: 'raise', limit: 80e9, until: day?.freesAt } },
    ]);
    assert.deepEqual(opened.problems, []);
  });

  it('is decided by keyboard, and the focus stays where it is while figures change', async () => {
    const opened = await show(stoppedSnapshot());
    const { page, tell } = opened;
    const focused = (): Promise<string | null | undefined> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    const wait = page.getByRole('button', { name: 'Wait until 00:00: run g11' });
    await wait.focus();
    const [first, second, third] = stoppedSnapshot().stops;
    if (first === undefined || second === undefined || third === undefined) assert.fail();
    const budget = second.budget ?? assert.fail();
    const changed = { ...second, asked: 700_000_000, budget: { ...budget, used: budget.used + 1e9 } };
    await tell({ type: 'delta', delta: { seq: 2, changed: { stops: [first, changed, third] } } });
    await page.getByText('$0.70').waitFor();
    assert.equal(await focused(), 'Wait until 00:00: run g11');
    await tell({ type: 'delta', delta: { seq: 3, changed: { stops: [changed, third] } } });
    await page.getByRole('article', { name: 'Run g12 stopped' }).waitFor({ state: 'detached' });
    assert.equal(await focused(), 'Wait until 00:00: run g11');
    await page.keyboard.press('Enter');
    assert.deepEqual((await opened.posted()).at(-1), {
      type: 'decideBudget',
      runId: 'run-11',
      decision: { type: 'wait' },
    });
    await tell({ type: 'delta', delta: { seq: 4, changed: { stops: [{ ...changed, waits: true }, third] } } });
    await page.getByText('It goes on by itself tomorrow at 00:00.').waitFor();
    assert.equal(await wait.count(), 0);
  });

  it('only shows stops and budgets where nothing can be changed', async () => {
    stage().begin({ type: 'snapshot', snapshot: stoppedSnapshot(), readOnly: true });
    const opened = await stage().open({ host: 'browser', theme: 'light', width: 1000 });
    const { page } = opened;
    await page.getByRole('article', { name: 'Run g12 stopped' }).waitFor();
    assert.equal(await page.getByText('Decide in VS Code or in the terminal.').count(), 3);
    assert.equal(await page.locator('.stop :is(vscode-button, select)').count(), 0);
    assert.equal(await page.getByRole('button', { name: /^Set limit/ }).count(), 0);
  });

  it('says of a budget what changed it, when it resets and how long it lasts, and keeps many of them short', async () => {
    const opened = await show(stoppedSnapshot());
    const { page } = opened;
    const budgets = page.getByRole('region', { name: 'Budgets' });
    assert.match(
      text(await budgets.locator('.gauge', { hasText: 'agent key-0' }).innerText()),
      /\$1\.90 \/ \$2\.00 \+ \$0\.05 held raised from \$1\.00 until 00:00 · resets 00:00 · at this pace the day’s budget ends at 15:00/,
    );
    assert.equal(await budgets.locator('.gauge:visible').count(), 8);
    await budgets.getByText('22 more, less full').click();
    assert.equal(await budgets.locator('.gauge:visible').count(), 30);
    const held = budgets.locator('.gauge', { hasText: 'agent key-0' }).locator('rect.held');
    assert.ok(((await held.boundingBox())?.width ?? 0) > 3, 'what is held is a part of the bar');
    await budgets.getByRole('button', { name: 'Set limit: Money, run g12' }).click();
    assert.equal((await opened.posted()).at(-1)?.['type'], 'raiseBudget');
    await opened.tell({ type: 'delta', delta: { seq: 2, changed: { budgets: [] } } });
    await budgets.getByText('No budget is in force.').waitFor();
  });

  it('a forecast that comes and goes moves nothing', async () => {
    const full = fullSnapshot();
    const opened = await show(full);
    const boxes = (): Promise<readonly string[]> =>
      opened.page.locator('.gauge > *').evaluateAll((all) =>
        all.map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [element.classList[0], x, y, width, height].map(String).join(' ');
        }),
      );
    const before = await boxes();
    const budgets = full.budgets.map((use) =>
      use.resource === 'usd' || use.resource === 'tokens' ? { ...use, endsAt: then + 7_200_000 } : use,
    );
    await opened.tell({ type: 'delta', delta: { seq: 2, changed: { budgets } } });
    await opened.page.getByText('at this pace the day’s budget ends at 12:00').waitFor();
    assert.deepEqual(await boxes(), before);
  });

  it('reckons as another model beside what was paid, by group and in sum, and says that it is not paid', async () => {
    const opened = await show(fullSnapshot());
    const { page } = opened;
    await openCosts(opened);
    await priceAs(opened, 'gpt-5-mini');
    const whatIf = page.getByRole('region', { name: 'What if: gpt-5-mini' });
    assert.match(
      text(await whatIf.innerText()),
      /Paid ≈\$16\.61\+ As gpt-5-mini ≈\$4\.15 not paid Difference −\$12\.46 \(−75 %\) Reckoned, not paid: .* 3 calls without a known price are not in the paid sum\./,
    );
    assert.deepEqual(
      await page.locator('thead th').evaluateAll((all) => all.slice(0, 3).map((th) => th.textContent.trim())),
      ['Run', 'Paid', 'Not paid'],
    );
    assert.match(text(await page.locator('tbody tr').nth(2).innerText()), /\$15\.00 \$3\.75/);
    await page.getByRole('tab', { name: 'Resource' }).click();
    await reply(opened, 'costs');
    await whatIf.getByText('−$12.4').waitFor();
    const asked = (await opened.posted()).filter((message) => message['method'] === 'costs');
    assert.deepEqual(asked.map((message) => message['params']).slice(-2), [
      { by: 'resource', days: 7, priceAs: null },
      { by: 'day', days: 7, priceAs: 'gpt-5-mini' },
    ]);
    await page.getByRole('combobox', { name: 'Reckon as' }).selectOption('');
    await whatIf.waitFor({ state: 'detached' });
    assert.deepEqual(opened.problems, []);
  });

  it('says why it cannot be reckoned, and keeps what was paid', async () => {
    const opened = await show(fullSnapshot());
    const { page } = opened;
    await openCosts(opened);
    await page.getByRole('combobox', { name: 'Reckon as' }).selectOption('gpt-5-mini');
    const asked = (await opened.posted()).findLast((message) => message['method'] === 'costs');
    const error = { code: 'USAGE', message: 'No price is known for “gpt-5-mini”.' };
    await opened.tell({ type: 'failure', id: asked?.['id'], error });
    await page.getByRole('alert').getByText('No price is known for “gpt-5-mini”.').waitFor();
    assert.match(text(await page.locator('tfoot').innerText()), /Total ≈\$16\.61/);
  });

  it('tells apart what is estimated and what is unpriced, with counts and amounts', async () => {
    const opened = await show(fullSnapshot());
    await openCosts(opened);
    assert.match(
      text(await opened.page.locator('tfoot').innerText()),
      /of it estimated ≈\$0\.14 2 not in it: unpriced unpriced 1 239 3/,
    );
  });

  it('shows of a call what was reserved, how far it went beyond, its tier, and whose prices', async () => {
    const opened = await show(fullSnapshot());
    const { page } = opened;
    await openCosts(opened);
    await page.locator('[data-row="run-10"]').click();
    await reply(opened, 'calls');
    await page.locator('table.calls .row-button').nth(6).click();
    await reply(opened, 'explain');
    assert.match(
      text(await page.locator('.call-facts').innerText()),
      /Reserved \$0\.06, 9 000 tokens Beyond it \$0\.0015, 628 tokens Service tier flex Prices from genai-prices 0\.1\.8 \(2026-10-01\) Answered by claude-sonnet/,
    );
    await page.locator('table.calls .row-button').nth(2).click();
    await reply(opened, 'explain');
    await page.getByText('not told').waitFor();
    assert.ok(!(await page.locator('.call-facts').innerText()).includes('$0.001'), 'no money without a price');
  });

  it('is led by the host to the budgets among the costs', async () => {
    const opened = await show(fullSnapshot());
    const { page } = opened;
    await opened.tell({ type: 'view', view: 'budgets' });
    await reply(opened, 'costs');
    await page.getByRole('table').waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'budgets-title');
    assert.equal(await page.getByRole('tab', { name: 'Cost' }).getAttribute('aria-selected'), 'true');
  });

  it('keeps over a reload at whose prices it reckons', async () => {
    const opened = await show(fullSnapshot());
    await openCosts(opened);
    await priceAs(opened, 'gpt-5-mini');
    await opened.page.reload();
    await opened.tell({ type: 'snapshot', snapshot: fullSnapshot(), readOnly: false });
    await reply(opened, 'costs');
    await opened.page.getByRole('region', { name: 'What if: gpt-5-mini' }).waitFor();
    assert.equal(await opened.page.getByRole('combobox', { name: 'Reckon as' }).inputValue(), 'gpt-5-mini');
  });

  for (const theme of themes) {
    it(`has no serious finding of axe-core in ${theme}`, async () => {
      const opened = await show(stoppedSnapshot(), theme, 1100);
      const { page } = opened;
      await page.getByText('22 more, less full').click();
      const found = [...(await findings(page))];
      await openCosts(opened);
      await priceAs(opened, 'gpt-5-mini');
      found.push(...(await findings(page)));
      assert.deepEqual(found, []);
      assert.deepEqual(opened.problems, []);
    });
  }

  for (const width of [280, 480, 700, 1000, 1200]) {
    it(`fits into ${width} pixels`, async () => {
      const opened = await show(stoppedSnapshot(), 'dark', width);
      const { page } = opened;
      await page.getByText('22 more, less full').click();
      assert.equal(await overflow(page), 0);
      const cut = await page
        .locator('.stop :is(dd, p, time, strong), .gauge-note, .gauge-line, .gauge-ratio')
        .evaluateAll((all) =>
          all.filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.textContent),
        );
      assert.deepEqual(cut, [], 'nothing is cut off');
      const wide = await page.locator('.stop :is(vscode-button, select)').evaluateAll((all) =>
        all
          .filter((element) => {
            const card = element.closest('.stop')?.getBoundingClientRect();
            return card !== undefined && element.getBoundingClientRect().right > card.right + 1;
          })
          .map((element) => element.textContent),
      );
      assert.deepEqual(wide, [], 'every button is inside its card');
      await openCosts(opened);
      await priceAs(opened, 'anthropic/claude-haiku-4-5-20251001');
      assert.equal(await overflow(page), 0);
      const numbers = await page
        .locator('td.num, .what-if dd')
        .evaluateAll((cells) =>
          cells
            .filter((cell) => cell.scrollWidth > cell.clientWidth && cell.clientWidth > 0)
            .map((cell) => cell.textContent),
        );
      assert.deepEqual(numbers, [], 'no number is cut off');
    });
  }

  it('has an empty state for everything', async () => {
    const opened = await show({ ...emptySnapshot(), budgets: [] });
    const { page } = opened;
    await page.getByText('No budget is in force.').waitFor();
    assert.equal(await page.locator('.stops').count(), 0);
    await page.getByRole('tab', { name: 'Cost' }).click();
    const asked = (await opened.posted()).find((message) => message['method'] === 'costs');
    await opened.tell({ type: 'reply', id: asked?.['id'], result: [] });
    await page.getByText('Nothing was spent').waitFor();
  });
});
