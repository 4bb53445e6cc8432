import assert from 'node:assert/strict';
import { fractionOf, progressBlock, progressKey, progressText } from '../../../src/hosts/cli/progress.ts';
import { createProgressView, rowsOf } from '../../../src/hosts/cli/progress-view.ts';
import type { Terminal } from '../../../src/hosts/cli/terminal.ts';
import type { LateCall } from '../../../src/protocol/snapshot.ts';
import { budgetUse } from '../../support/rows.ts';
import { laneView, playedRun, snapshotWith } from '../../support/views.ts';

const now = 1_000_000;
const busy = snapshotWith({
  runs: [playedRun({ stage: 'execute', tasksDone: 2, tasksTotal: 5 })],
  lanes: [laneView('file_read', 16, 16, 12), laneView('model_call', 1, 4), laneView('critic', 0, 3)],
  global: { active: 17, limit: 32 },
  budgets: [
    budgetUse({ key: 'run-7', used: 12_345_678 }),
    budgetUse({ key: 'other', used: 4_999_999_999 }),
    budgetUse({ key: 'run-7', resource: 'tokens', limit: 13_000, used: 12_345 }),
  ],
});

function block(width: number, snapshot = busy): readonly string[] {
  return progressBlock(snapshot, 'run-7', 12_900, width, now).map(({ text }) => text);
}

describe('hosts/cli/progress', () => {
  it('says everything at 80 columns', () => {
    assert.deepEqual(block(80), [
      'run g007 · execute · task 3 of 5 · 12 s',
      '█████████████████████░░░░░░░░░░░░░░░░░░░  54 %',
      '$0.01 of $5.00 (0 %) · 12,345 tokens of 13,000 (94 %)',
      'lanes 17/32: model_call 1/4 · file_read 16/16 +12',
    ]);
  });

  it('folds at 40 columns', () => {
    assert.deepEqual(block(40), [
      'run g007 · execute · task 3 of 5 · 12 s',
      '██████████████████░░░░░░░░░░░░░░░░  54 %',
      '$0.01 of $5.00 (0 %)',
      '12,345 tokens of 13,000 (94 %)',
      'lanes 17/32: model_call 1/4 · 1 more',
    ]);
  });

  it('keeps the essence at 20 columns, and never passes the width', () => {
    assert.deepEqual(block(20), [
      'execute · 3/5 · 12 s',
      '███████░░░░░░░  54 %',
      '$0.01 of $5.00 (0 %)',
      '12,345/13,000',
      'lanes 17/32',
    ]);
    for (let width = 1; width <= 120; width += 1) {
      for (const line of block(width)) assert.ok(line.length <= width, `${width}: ${line}`);
    }
  });

  it('says what keeps calls from going on: stopped lanes, load, calls over their limit', () => {
    const call = { what: 'npm test\u001b[2J', runId: 'run-7', limitMs: 300_000, limitReason: 'x' };
    const late = (phase: LateCall['phase'], startedAt: number): LateCall => ({ ...call, phase, startedAt });
    const [read, model, critic] = busy.lanes;
    assert.ok(read !== undefined && model !== undefined && critic !== undefined);
    const load = { reason: '\u001b[2J', until: now + 12_000 };
    const lanes = [
      { ...read, late: [late('kill', now - 512_000), late('warning', now - 312_000), late('warning', now - 301_000)] },
      { ...model, limit: 2, load },
      { ...critic, state: 'paused' as const },
    ];
    const held = { ...busy, lanes };
    const last = (width: number): string | undefined => block(width, held).at(-1);
    assert.equal(last(80), 'model_call starts nothing for 12 s · critic paused · 2 more');
    assert.equal(
      last(160),
      'model_call starts nothing for 12 s · critic paused · file_read: 1 killed, not dead (8:32 of 5:00) · file_read: 2 running long (5:12 of 5:00)',
    );
    assert.equal(progressBlock(held, 'run-7', 0, 80, now).at(-1)?.tone, 'warning');
    assert.match(
      progressBlock(held, 'run-7', 0, 80, now + 12_000).at(-1)?.text ?? '',
      /^model_call backs off to 2 of 4 slots · /,
    );
    const plain = 'model_call backs off · critic paused · file_read: 1 killed, not dead · file_read: 2 running long';
    assert.ok(progressText(held, 'run-7')?.endsWith(` · ${plain}`));
    const later = {
      ...held,
      lanes: [...lanes.slice(0, 1), { ...model, limit: 3, load: { ...load, until: null } }, ...lanes.slice(2)],
    };
    assert.equal(progressKey(later, 'run-7'), progressKey(held, 'run-7'), 'no new line for each second and slot');
    assert.notEqual(progressKey(busy, 'run-7'), progressKey(held, 'run-7'));
    for (let width = 1; width <= 200; width += 1) {
      for (const line of block(width, held)) assert.ok(line.length <= width && !line.includes('\u001b'), line);
    }
  });

  it('warns above 90 % of a budget and while it waits', () => {
    const tones = progressBlock(busy, 'run-7', 0, 40, now).map(({ tone }) => tone);
    assert.deepEqual(tones, ['title', 'bar', 'plain', 'warning', 'plain']);
    const waiting = snapshotWith({ runs: [playedRun({ status: 'waiting', waiting: 'approval', stage: 'execute' })] });
    assert.deepEqual(progressBlock(waiting, 'run-7', 1000, 80, now)[0], {
      tone: 'warning',
      text: 'run g007 · waiting for approval · task 1 of 2 · 1 s',
    });
  });

  it('tells lent, estimated and unknown prices', () => {
    const cost = { ...playedRun().cost, estimated: true, unpricedCalls: 1 };
    const text = (changes: Parameters<typeof playedRun>[0]): string =>
      progressText(snapshotWith({ runs: [playedRun(changes)] }), 'run-7') ?? '';
    assert.equal(text({ cost }), 'g007 running · task 0/2 · 12,345 tokens · ~$0.01 + 1 unpriced');
    assert.equal(text({ priceAs: 'gpt-5' }), 'g007 running · task 0/2 · 12,345 tokens · $0.01 as gpt-5');
  });

  it('falls back on the fullest budget of the user, and says whose it is', () => {
    const budgets = [
      budgetUse({ scope: 'user', key: 'user', window: 'day', used: 1_000_000_000 }),
      budgetUse({ scope: 'workspace', key: 'w', window: 'hour', used: 2_000_000_000 }),
      budgetUse({ scope: 'model', key: 'm', used: 4_000_000_000 }),
    ];
    assert.match(
      block(80, snapshotWith({ runs: [playedRun()], budgets }))[2] ?? '',
      /^\$0\.01 of \$5\.00 \(40 %, workspace hour\) · /,
    );
  });

  it('moves with stages within a task and stays within 0 and 1', () => {
    assert.equal(fractionOf(playedRun({ tasksDone: 0, tasksTotal: 0 })), 0);
    assert.equal(fractionOf(playedRun({ tasksDone: 1, stage: 'triage' })), 0.5);
    assert.ok(fractionOf(playedRun({ tasksDone: 1, stage: 'critic' })) > 0.9);
    assert.equal(fractionOf(playedRun({ tasksDone: 2, stage: 'critic' })), 1);
    assert.equal(fractionOf(playedRun({ tasksDone: 9, stage: 'critic' })), 1);
  });

  it('takes a new line for a new state only', () => {
    const key = (changes: Parameters<typeof playedRun>[0]): string | null =>
      progressKey(snapshotWith({ runs: [playedRun(changes)] }), 'run-7');
    assert.equal(key({ elapsedMs: 1 }), key({ elapsedMs: 2, traceVersion: 9 }));
    assert.notEqual(key({ stage: 'planner' }), key({ stage: 'execute' }));
    assert.equal(progressKey(snapshotWith({}), 'run-7'), null);
  });

  it('counts the rows that lines take after a terminal became narrower', () => {
    const lines = ['a'.repeat(30), '', 'b'.repeat(20)].map((text) => ({ tone: 'plain' as const, text }));
    assert.equal(rowsOf(lines, 80), 3);
    assert.equal(rowsOf(lines, 20), 4);
  });
});

describe('hosts/cli/progress-view', () => {
  const escape = '\u001b[';

  it('redraws one block in place, lets remarks stand above it, and gives the cursor back', () => {
    const terminal = recorder({ redraws: true });
    const view = createProgressView(terminal, false);
    view.show(busy, 'run-7');
    view.show(busy, 'run-7');
    view.note('warning: 90 %');
    view.close();
    view.close();
    const [first = '', second = '', gone = '', note = '', again = '', end = '', ...rest] = terminal.written;
    assert.ok(first.startsWith(`${escape}?25lrun g007`), first);
    assert.ok(second.startsWith(`\r${escape}3A${escape}Jrun g007`), second);
    assert.equal(gone, `\r${escape}3A${escape}J`);
    assert.equal(note, 'warning: 90 %\n');
    assert.ok(again.includes('run g007'));
    assert.equal(end, `\r${escape}3A${escape}J${escape}?25h`);
    assert.deepEqual(rest, []);
    assert.ok(!first.includes(`${escape}1m`));
  });

  it('colours when it may', () => {
    const terminal = recorder({ redraws: true, colour: true });
    const view = createProgressView(terminal, false);
    view.show(busy, 'run-7');
    view.close();
    assert.ok(terminal.written[0]?.includes(`${escape}1mrun g007`));
    assert.ok(terminal.written[0]?.includes(`${escape}0m\n${escape}36m█`));
  });

  it('writes nothing while it is paused; remarks come when it is back, a hundred and how many more', () => {
    const terminal = recorder({ redraws: true });
    const view = createProgressView(terminal, false);
    view.show(busy, 'run-7');
    view.pause();
    const before = terminal.written.length;
    view.show(busy, 'run-7');
    for (let i = 0; i < 102; i += 1) view.note(`remark ${i}`);
    assert.equal(terminal.written.length, before);
    view.resume();
    const after = terminal.written.slice(before);
    assert.deepEqual([after[0], after[99]], ['remark 0\n', 'remark 99\n']);
    assert.deepEqual([after[100], after.length], ['2 more remarks are left out.\n', 102]);
    assert.ok(after[101]?.includes('run g007'));
    view.pause();
    view.note('late');
    view.close();
    assert.equal(terminal.written.at(-1), 'late\n');
  });

  it('adds plain lines to a pipe, on changes only, and nothing when quiet', () => {
    const terminal = recorder({ redraws: false });
    const view = createProgressView(terminal, false);
    view.show(busy, null);
    view.show(busy, 'run-7');
    view.show({ ...busy, seq: 9 }, 'run-7');
    view.close();
    assert.deepEqual(terminal.written, ['g007 execute · task 2/5 · 12,345 tokens · $0.01 of $5.00 (0 %)\n']);
    const silent = recorder({ redraws: true });
    const none = createProgressView(silent, true);
    none.show(busy, 'run-7');
    none.note('x');
    none.close();
    assert.deepEqual(silent.written, []);
  });
});

function recorder(over: { redraws: boolean; colour?: boolean }): Terminal & { readonly written: string[] } {
  const written: string[] = [];
  return {
    written,
    redraws: over.redraws,
    interactive: false,
    colour: over.colour ?? false,
    columns: () => 80,
    print: (text) => void written.push(text),
    printRaw: (text) => void written.push(text),
    draw: (text) => void written.push(text),
    say: (line) => void written.push(`${line}\n`),
    onResize: () => () => undefined,
  };
}
