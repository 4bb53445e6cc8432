import assert from 'node:assert/strict';
import type { Snapshot } from '../../src/protocol/snapshot.ts';
import { budgetUse, costOf, emptySnapshot, fullSnapshot, runView, strainedSnapshot, then } from './fixtures.ts';
import { findings, overflow as overflowOf, reply } from './reader.ts';
import { themes } from './stage.ts';
import type { Opened, Theme } from './stage.ts';
import { useStage } from './use-stage.ts';

/** The panel as a person meets it: the real bundle in a real browser, under a strict content security policy. */
describe('panel: in a browser', function () {
  this.timeout(60_000);
  const stage = useStage();

  async function webview(theme: Theme = 'dark', width = 1000): Promise<Opened> {
    const opened = await stage().open({ host: 'vscode', theme, width });
    return opened;
  }
  async function show(opened: Opened, snapshot: Snapshot): Promise<void> {
    await opened.tell({ type: 'snapshot', snapshot, readOnly: false });
    await opened.page.getByRole('heading', { name: 'Lanes' }).waitFor();
  }
  /** Shows lanes with everything special about them, at a time of day that stands still. */
  async function showStrained(opened: Opened, snapshot = strainedSnapshot(then)): Promise<void> {
    await opened.page.clock.setFixedTime(then);
    await show(opened, snapshot);
  }
  async function openCosts(opened: Opened): Promise<void> {
    await opened.page.getByRole('tab', { name: 'Cost' }).click();
    await reply(opened, 'costs');
    await opened.page.getByRole('table').waitFor();
  }
  it('says how to begin while there is no run', async () => {
    const opened = await webview();
    await opened.page.getByText('Connecting to the runtime').waitFor();
    await show(opened, emptySnapshot());
    await opened.page.getByRole('heading', { name: 'No runs yet' }).waitFor();
    await opened.page
      .getByRole('region', { name: 'No runs yet' })
      .getByRole('button', { name: 'Run agent task' })
      .click();
    assert.deepEqual(await opened.posted(), [{ type: 'ready' }, { type: 'command', command: 'run' }]);
    assert.deepEqual(opened.problems, []);
  });

  it('says of a day without a known price that it is unpriced, never that it cost nothing', async () => {
    const opened = await webview();
    const sum = { nusd: 0, tokens: 2494, estimated: true, reckoned: false, unpricedCalls: 2 };
    const shown = (): Promise<string> => opened.page.locator('.today').innerText();
    await show(opened, { ...emptySnapshot(), today: sum });
    assert.match(await shown(), /^Today\s+unpriced$/);
    await show(opened, { ...emptySnapshot(), seq: 2, today: { ...sum, nusd: 1_500_000_000 } });
    await opened.page.getByText('≈$1.50+').waitFor();
  });

  it('shows run, lanes, budgets, events and issues of a snapshot', async () => {
    const opened = await webview();
    const { page } = opened;
    await show(opened, fullSnapshot());
    const run = await page.locator('.run').innerText();
    for (const text of [
      'Running',
      'Task 3 of 5',
      '$0.4123',
      'as claude-sonnet-4-5',
      'estimated',
      '2 unpriced',
      'offline',
    ]) {
      assert.ok(run.includes(text), `the run shows ${text}`);
    }
    assert.equal(await page.locator('[aria-current=step]').innerText(), 'execute');
    const lanes = await page
      .getByRole('meter', { name: /slots in use/ })
      .evaluateAll((bars) =>
        bars.map((bar) => [bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-valuemax')].join('/')),
      );
    assert.deepEqual(lanes, ['3/4', '8/8', '11/16', '1/4', '1/3', '0/1', '24/32']);
    assert.deepEqual(
      await page.locator('.gauge').evaluateAll((gauges) => gauges.map((gauge) => gauge.getAttribute('class'))),
      [
        'gauge exceeded acts',
        'gauge warning acts',
        'gauge normal acts',
        'gauge normal acts',
        'gauge normal acts',
        'gauge normal acts',
        'gauge normal acts',
      ],
    );
    assert.equal(await page.locator('.event').count(), 20);
    assert.equal(
      await page
        .getByRole('region', { name: /Issues/ })
        .locator('li')
        .count(),
      2,
    );
    assert.equal(await page.getByRole('region', { name: 'Other runs' }).locator('li').count(), 4);
    assert.deepEqual(opened.problems, []);
  });

  it('acts: cancel, trace, approve once, and resume a run that was chosen', async () => {
    const opened = await webview();
    const { page } = opened;
    await show(opened, fullSnapshot());
    await page.getByRole('button', { name: 'Cancel run g12' }).click();
    await page.getByRole('button', { name: 'Show trace of run g12' }).click();
    const change = page.getByRole('article', { name: 'Change src/report/weekly.ts' });
    await change.getByRole('button', { name: 'Allow all in this run' }).click();
    await change.getByRole('button', { name: 'Deny' }).click({ force: true });
    const guarded = page.getByRole('article', { name: 'Run git in .git/hooks' });
    assert.ok((await guarded.innerText()).includes('protected'));
    assert.equal(await guarded.getByRole('button', { name: 'Allow all in this run' }).count(), 0);
    await guarded.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('button', { name: /Replace moment/ }).click();
    await page.getByRole('button', { name: 'Resume run g10' }).click();
    await page.getByRole('button', { name: 'Follow newest' }).click();
    await page.getByRole('button', { name: 'Cancel run g12' }).waitFor();
    assert.deepEqual((await opened.posted()).slice(1), [
      { type: 'cancelRun', runId: 'run-12' },
      { type: 'showTrace', runId: 'run-12' },
      { type: 'answerApproval', approvalId: 'a1', decision: 'allow_run' },
      { type: 'answerApproval', approvalId: 'a2', decision: 'deny' },
      { type: 'resumeRun', runId: 'run-10' },
    ]);
  });

  it('deltas change numbers and move nothing', async () => {
    const opened = await webview();
    const { page, tell } = opened;
    const full = { ...fullSnapshot(), runs: fullSnapshot().runs.slice(0, 3) };
    await show(opened, full);
    const boxes = (): Promise<readonly string[]> =>
      page.locator('.card, .lane > *, .gauge > *, .run .facts > div, .stages, .top > *').evaluateAll((all) =>
        all.map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [element.classList[0], x, y, width, height].join(' ');
        }),
      );
    await page.waitForTimeout(100);
    const before = await boxes();
    const [first, ...others] = full.runs;
    await tell({
      type: 'delta',
      delta: {
        seq: 2,
        changed: {
          runs: [
            {
              ...(first ?? runView()),
              stage: 'critic',
              task: null,
              tasksDone: 4,
              elapsedMs: 7_265_000,
              cost: costOf(1_234_567_890, 1_948_211, 99_120, { calls: 1_214, estimated: true, unpricedCalls: 2 }),
            },
            ...others,
          ],
          lanes: full.lanes.map((lane) => ({ ...lane, active: lane.limit, queued: { high: 0, normal: 128, low: 0 } })),
          global: { active: 32, limit: 32 },
          budgets: full.budgets.map((use) =>
            budgetUse({ ...use, used: use.limit * 0.955, reserved: use.limit * 0.04, ratio: 0.955 }),
          ),
          events: full.events.map((event) => ({ ...event, id: event.id + 1, text: `${event.text} again` })),
        },
      },
    });
    await page.getByText('128 queued').first().waitFor();
    const after = await boxes();
    assert.deepEqual(after, before);
  });

  it('tells of each lane what is special about it, and draws each kind of slot in its own way', async () => {
    const opened = await webview();
    const { page } = opened;
    await showStrained(opened);
    const rows = page.getByRole('region', { name: 'Lanes' }).locator('.lane');
    const text = async (n: number): Promise<string> => (await rows.nth(n).innerText()).replace(/\s+/g, ' ');
    for (const [n, expected] of [
      /2 of 4 slots: the provider answered 429; nothing starts for 12 s 7 queued/,
      /borrows 4 slots from idle lanes 128 queued ↑1 high ↓2 low npm test · killed but not dead, holds its slot: 8:32 of 5:00 \(timeouts\.default_ms\)/,
      /lends 4 slots to busy lanes$/,
      /paused nothing starts 3 queued/,
      /draining new calls are refused 1 queued/,
    ].entries()) {
      assert.match(await text(n), expected);
    }
    assert.match(
      await text(1),
      /runs long: 4:12 of 4:00 .* search_files · told to stop: 0:31 of 0:20 .* and 1 more over/,
    );
    assert.match(await text(6), /2 of 6 stopped 139 queued/);
    const shapes = await rows.evaluateAll((all) =>
      all
        .slice(0, 3)
        .map((row) =>
          ['own used', 'own free', 'borrowed used', 'taken used', 'taken free', 'lent free'].map(
            (kind) => [...row.querySelectorAll('rect')].filter((rect) => rect.getAttribute('class') === kind).length,
          ),
        ),
    );
    assert.deepEqual(shapes, [
      [0, 0, 0, 2, 2, 0],
      [8, 0, 4, 0, 0, 0],
      [3, 9, 0, 0, 0, 4],
    ]);
    assert.deepEqual(
      await page
        .getByRole('meter', { name: /slots in use/ })
        .evaluateAll((bars) => bars.slice(0, 3).map((bar) => bar.getAttribute('aria-valuetext'))),
      [
        '2 of 0 slots in use, 4 taken away by load',
        '12 of 12 slots in use, 4 of them borrowed',
        '3 of 12 slots in use, 4 lent',
      ],
    );
    await page.getByRole('status').getByText('Lane file write is paused: nothing starts until resumed.').waitFor();
    assert.deepEqual(opened.problems, []);
  });

  for (const width of [280, 1000]) {
    it(`a queue that comes and goes moves nothing, at ${width} pixels`, async () => {
      const opened = await webview('dark', width);
      const { page, tell } = opened;
      const strained = strainedSnapshot(then);
      const boxes = (): Promise<readonly string[]> =>
        page.locator('.lane:not(.total), .lane:not(.total) .lane-note:not(:empty)').evaluateAll((all) =>
          all.map((element) => {
            const { x, y, width: w, height } = element.getBoundingClientRect();
            return [x, y, w, height].map(Math.round).join(' ');
          }),
        );
      const queues = async (seq: number, normal: number): Promise<readonly string[]> => {
        const queued = { high: normal % 9, normal, low: normal % 7 };
        const lanes = strained.lanes.map((lane) => ({ ...lane, queued }));
        await tell({ type: 'delta', delta: { seq, changed: { lanes } } });
        await page.waitForFunction(
          (start) => {
            const text = document.querySelector('.queue')?.textContent.trim() ?? '';
            return start === '' ? text === '' : text.startsWith(start);
          },
          normal === 0 ? '' : `${queued.high + normal + queued.low} queued`,
        );
        return boxes();
      };
      await showStrained(opened);
      const none = await queues(2, 0);
      assert.deepEqual(await queues(3, 12), none);
      assert.deepEqual(await queues(4, 128), none);
    });
  }

  it('counts down and up by itself, and moves nothing by it', async () => {
    const opened = await webview();
    const { page } = opened;
    await showStrained(opened, { ...strainedSnapshot(then), runs: [] });
    const boxes = (): Promise<readonly string[]> =>
      page.locator('.lane, .lane *').evaluateAll((all) =>
        all.map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [element.tagName, ...[x, y, width, height].map(Math.round)].join(' ');
        }),
      );
    await page.locator('.wait', { hasText: '12' }).waitFor();
    const before = await boxes();
    await page.clock.setFixedTime(then + 3000);
    await page.locator('.wait', { hasText: /^9$/ }).waitFor();
    await page.locator('.late li', { hasText: 'holds its slot: 8:35 of 5:00' }).waitFor();
    assert.deepEqual(await boxes(), before);
    await page.clock.setFixedTime(then + 12_000);
    await page.locator('.wait').waitFor({ state: 'detached' });
  });

  it('pauses, resumes and drains a lane, and all of them, by mouse and by keyboard, and shows figures when asked', async () => {
    const opened = await webview();
    const { page } = opened;
    await showStrained(opened);
    const lanes = page.getByRole('region', { name: 'Lanes' });
    await lanes.getByRole('button', { name: 'Pause lane tool call' }).click();
    await lanes.getByRole('button', { name: 'Resume lane file write' }).focus();
    await page.keyboard.press('Enter');
    await lanes.getByRole('button', { name: 'Resume all lanes' }).click();
    const name = lanes.getByRole('button', { name: 'tool call', exact: true });
    await name.focus();
    await page.keyboard.press('Enter');
    const figures = lanes.getByRole('group', { name: 'Figures of tool call' });
    await figures.waitFor();
    assert.equal(await name.getAttribute('aria-expanded'), 'true');
    assert.match(
      (await figures.innerText()).replace(/\s+/g, ' '),
      /8 slots configured, at most 16 with borrowed ones\. Average 1\.8 s p95 7\.3 s p99 1 m 01 s Done 10 482 Failed 31 Timeouts 12 Refused 2/,
    );
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await lanes.getByRole('button', { name: 'all lanes', exact: true }).click();
    await lanes.getByRole('group', { name: 'Figures of all lanes' }).waitFor();
    assert.equal(await figures.count(), 0, 'one lane is open at a time');
    await lanes.getByRole('button', { name: 'Drain all' }).click();
    await page.getByRole('status').getByRole('button', { name: 'Resume all' }).click();
    assert.deepEqual((await opened.posted()).slice(1), [
      { type: 'controlLane', lane: 'tool_call', action: 'pause' },
      { type: 'controlLane', lane: 'file_write', action: 'resume' },
      { type: 'controlLane', lane: null, action: 'resume' },
      { type: 'controlLane', lane: 'tool_call', action: 'drain' },
      { type: 'controlLane', lane: null, action: 'drain' },
      { type: 'controlLane', lane: null, action: 'resume' },
    ]);
  });

  it('a running clock ticks without messages', async () => {
    const opened = await webview();
    await show(opened, { ...emptySnapshot(), runs: [runView({ elapsedMs: 58_500 })] });
    await opened.page.getByText(/1m 0\ds/).waitFor({ timeout: 10_000 });
  });

  it('follows the newest event unless the reader scrolled up', async () => {
    const opened = await webview();
    const { page, tell } = opened;
    const full = fullSnapshot();
    const log = page.getByRole('log', { name: 'Events' });
    const fromEnd = (): Promise<number> =>
      log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    const next = async (seq: number): Promise<void> => {
      const events = full.events.map((event) => ({ ...event, id: event.id + seq, text: `event of ${seq}` }));
      await tell({ type: 'delta', delta: { seq, changed: { events } } });
      await page.getByText(`event of ${seq}`).first().waitFor({ state: 'attached' });
      await page.waitForTimeout(100);
    };
    await show(opened, full);
    await next(2);
    assert.ok((await fromEnd()) < 8);
    await log.evaluate((element) => element.scrollTo(0, 40));
    await page.waitForTimeout(100);
    await next(3);
    assert.ok((await fromEnd()) > 100, 'the reader is left where they are');
    await log.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.waitForTimeout(100);
    await next(4);
    assert.ok((await fromEnd()) < 8);
  });

  it('leads from a sum to its calls, page by page, to the arithmetic of one, and back, by keyboard alone', async () => {
    const opened = await webview();
    const { page } = opened;
    await show(opened, fullSnapshot());
    await page.getByRole('tab', { name: 'Live' }).focus();
    await page.keyboard.press('ArrowRight');
    await reply(opened, 'costs');
    await page.getByRole('table').waitFor();
    assert.match(await page.locator('tfoot').innerText(), /Total\s+≈\$16\.61/);
    await page.locator('[data-row="run-10"]').focus();
    await page.keyboard.press('Enter');
    await reply(opened, 'calls');
    await page.getByText('Calls 1–100').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'open-row');
    assert.equal(await page.locator('table.calls tbody tr').count(), 100);
    const second = page.locator('table.calls .row-button').nth(1);
    await second.focus();
    await page.keyboard.press('Enter');
    await reply(opened, 'explain');
    await page.getByText('× $3.00 / M').waitFor();
    assert.equal(await second.getAttribute('aria-expanded'), 'true');
    await page.getByRole('button', { name: 'Next' }).click();
    await reply(opened, 'calls');
    await page.getByText('Calls 101–130').waitFor();
    assert.equal(await page.locator('table.calls tbody tr').count(), 30);
    await page.getByRole('button', { name: 'Back to the sums' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('table.costs').waitFor();
    assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset['row']), 'run-10');
    assert.deepEqual(opened.problems, []);
  });

  it('groups by model, day, agent, task and resource, over a time that the reader chooses, and exports', async () => {
    const opened = await webview();
    const { page } = opened;
    await show(opened, fullSnapshot());
    await openCosts(opened);
    for (const [tab, first] of [
      ['Model', 'claude-sonnet-4-5'],
      ['Day', '2026-11-22'],
      ['Agent', 'reviewer'],
      ['Task', 'g12 · Read the 14 files'],
      ['Resource', 'Money'],
    ] as const) {
      await page.getByRole('tab', { name: tab }).click();
      await reply(opened, 'costs');
      await page.locator('tbody th', { hasText: first }).first().waitFor();
    }
    await page.getByRole('combobox', { name: 'Time' }).selectOption('30');
    await reply(opened, 'costs');
    await page.getByRole('button', { name: 'Export report' }).click();
    const posted = await opened.posted();
    const asked = posted.filter((message) => message['method'] === 'costs').map((message) => message['params']);
    assert.deepEqual(asked, [
      { by: 'run', days: 7, priceAs: null },
      { by: 'model', days: 7, priceAs: null },
      { by: 'day', days: 7, priceAs: null },
      { by: 'agent', days: 7, priceAs: null },
      { by: 'task', days: 7, priceAs: null },
      { by: 'resource', days: 7, priceAs: null },
      { by: 'resource', days: 30, priceAs: null },
    ]);
    assert.deepEqual(posted.at(-1), { type: 'command', command: 'exportReport' });
  });

  it('survives a reload with the view it had', async () => {
    const opened = await webview();
    const { page } = opened;
    await show(opened, fullSnapshot());
    await openCosts(opened);
    await page.getByRole('tab', { name: 'Model' }).click();
    await page.reload();
    await opened.tell({ type: 'snapshot', snapshot: fullSnapshot(), readOnly: false });
    await reply(opened, 'costs');
    await page.locator('tbody th', { hasText: 'qwen3' }).waitFor();
    assert.equal(await page.getByRole('tab', { name: 'Model' }).getAttribute('aria-selected'), 'true');
  });

  it('asks for a new snapshot when a delta is missing, and keeps the last state when the runtime is lost', async () => {
    const opened = await webview();
    const { page, tell } = opened;
    await show(opened, fullSnapshot());
    await tell({ type: 'delta', delta: { seq: 5, changed: {} } });
    await page.getByText('Catching up').waitFor();
    assert.deepEqual(await opened.posted(), [{ type: 'ready' }, { type: 'ready' }]);
    await show(opened, { ...fullSnapshot(), seq: 9 });
    await page.getByText('Connected', { exact: true }).waitFor();
    await tell({ type: 'lost', message: 'It ended with code 137.' });
    await page.getByRole('alert').getByText('It ended with code 137.').waitFor();
    assert.ok((await page.locator('.run').innerText()).includes('Find every TODO'));
    assert.equal(await page.locator('vscode-button').count(), 0);
  });

  it('shows hostile text as text', async () => {
    const opened = await webview();
    const { page } = opened;
    const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>${1+1}\u202etxt.exe';
    const full = fullSnapshot();
    await show(opened, {
      ...full,
      runtime: { ...full.runtime, metricsUrl: 'javascript:window.pwned=1', version: evil, configError: evil },
      runs: full.runs.map((run) => ({
        ...run,
        prompt: evil,
        task: evil,
        model: evil,
        agent: evil,
        error: evil,
        priceAs: evil,
      })),
      approvals: full.approvals.map((approval) => ({ ...approval, title: evil, detail: `+${evil}\n`, path: evil })),
      issues: full.issues.map((issue) => ({ ...issue, message: evil })),
      events: full.events.map((event) => ({ ...event, text: evil })),
      budgets: [budgetUse({ scope: 'model', key: evil })],
      lanes: strainedSnapshot(then).lanes.map((lane) => ({
        ...lane,
        load: { reason: evil.repeat(20), until: null },
        late: lane.late.map((call) => ({ ...call, what: evil.repeat(20), limitReason: evil.repeat(20) })),
      })),
    });
    assert.ok(
      (await page.locator('.approval-title').first().innerText()).includes('<img src=x onerror="window.pwned=1">'),
    );
    assert.ok((await page.locator('.approval-title').first().innerText()).includes('\\u{202e}txt.exe'));
    assert.equal(await page.locator('img, main script, [href^="javascript:"]').count(), 0);
    assert.equal(await page.evaluate(() => 'pwned' in window), false);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth),
      false,
      'long text does not widen the page',
    );
    assert.deepEqual(opened.problems, []);
  });

  it('lives under a policy without inline scripts, and the policy is in force', async () => {
    const opened = await webview();
    await opened.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inline = 1';
      document.body.append(script);
    });
    assert.equal(await opened.page.evaluate(() => 'inline' in window), false);
    assert.match(opened.problems.join('\n'), /Content Security Policy/);
  });

  for (const theme of themes) {
    it(`has no serious finding of axe-core in ${theme}`, async () => {
      const opened = await webview(theme, 1100);
      const { page } = opened;
      await show(opened, emptySnapshot());
      const found = [...(await findings(page))];
      await showStrained(opened);
      await page.getByRole('button', { name: 'tool call', exact: true }).click();
      await page.getByRole('group', { name: 'Figures of tool call' }).waitFor();
      found.push(...(await findings(page)));
      await openCosts(opened);
      found.push(...(await findings(page)));
      await page.locator('[data-row="run-10"]').click();
      await reply(opened, 'calls');
      await page.getByText('Calls 1–100').waitFor();
      await page.locator('table.calls .row-button').nth(1).click();
      await reply(opened, 'explain');
      await page.getByText('× $3.00 / M').waitFor();
      found.push(...(await findings(page)));
      assert.deepEqual(found, []);
      assert.deepEqual(opened.problems, []);
    });
  }

  for (const width of [280, 300, 480, 700, 860, 1000, 1260, 1400, 1600]) {
    it(`fits into ${width} pixels`, async () => {
      const opened = await webview('dark', width);
      const { page } = opened;
      const overflow = (): Promise<number> => overflowOf(page);
      await show(opened, fullSnapshot());
      assert.equal(await overflow(), 0);
      await showStrained(opened);
      await page.getByRole('button', { name: 'tool call', exact: true }).click();
      await page.getByRole('group', { name: 'Figures of tool call' }).waitFor();
      assert.equal(await overflow(), 0);
      assert.deepEqual(
        await page.locator('.lane, .lane :not(svg, svg *)').evaluateAll((all) =>
          all
            .filter((element) => !element.matches('.sr-only') && element.scrollWidth > element.clientWidth + 1)
            .filter((element) => getComputedStyle(element).display !== 'inline')
            .map((element) => `${element.tagName}: ${element.textContent}`),
        ),
        [],
        'no text of a lane is cut off',
      );
      await openCosts(opened);
      assert.equal(await overflow(), 0);
      const cut = await page
        .locator('td.num')
        .evaluateAll((cells) =>
          cells
            .filter((cell) => cell.scrollWidth > cell.clientWidth && cell.clientWidth > 0)
            .map((cell) => cell.textContent),
        );
      assert.deepEqual(cut, [], 'no number is cut off');
      assert.ok(
        (await page
          .locator('tbody th')
          .first()
          .evaluate((cell) => cell.clientWidth)) >= 80,
        'a name has room',
      );
      await page.locator('[data-row="run-10"]').click();
      await reply(opened, 'calls');
      const names = page.locator('table.calls tbody th');
      await names.nth(1).getByRole('button').click();
      await reply(opened, 'explain');
      await page.getByText('× $3.00 / M').waitFor();
      assert.equal(await overflow(), 0);
      assert.ok((await names.first().evaluate((cell) => cell.clientWidth)) >= 80, 'a model has room');
      const [table, cell] = await Promise.all([
        page.locator('table.calls').boundingBox(),
        page.locator('tr.explain td').boundingBox(),
      ]);
      assert.equal(cell?.width, table?.width, 'an open call spans the table and no more');
    });
  }

  it('in a browser it only reads: live, costs and calls, without a button that acts, and it comes back after a loss', async () => {
    stage().begin({
      type: 'snapshot',
      snapshot: { ...strainedSnapshot(then), global: { active: 24, limit: 32 } },
      readOnly: true,
    });
    const opened = await stage().open({ host: 'browser', theme: 'light', width: 1000 });
    const { page } = opened;
    await page.getByRole('heading', { name: 'Lanes' }).waitFor();
    await page.getByText('Read-only', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'tool call', exact: true }).click();
    await page.getByRole('group', { name: 'Figures of tool call' }).waitFor();
    assert.equal(await page.locator('vscode-button').count(), 0);
    assert.equal(await page.getByRole('button', { name: /pause|resume|drain/i }).count(), 0);
    assert.equal(
      await page.getByRole('link', { name: '127.0.0.1:8000/metrics' }).getAttribute('href'),
      'http://127.0.0.1:8000/metrics',
    );
    stage().send({ type: 'delta', delta: { seq: 2, changed: { global: { active: 31, limit: 32 } } } });
    await page
      .getByRole('meter', { name: /all lanes/ })
      .and(page.locator('[aria-valuenow="31"]'))
      .waitFor();
    stage().send({ type: 'delta', delta: { seq: 7, changed: {} } });
    await page
      .getByRole('meter', { name: /all lanes/ })
      .and(page.locator('[aria-valuenow="24"]'))
      .waitFor();
    stage().drop();
    await page.getByRole('alert').waitFor();
    await page.getByText('Connected', { exact: true }).waitFor({ timeout: 15_000 });
    await page.getByRole('tab', { name: 'Cost' }).click();
    await page.locator('[data-row="run-10"]').click();
    await page.getByText('Calls 1–100').waitFor();
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(
      opened.problems.filter((problem) => !problem.includes('net::ERR')),
      [],
    );
  });
});
