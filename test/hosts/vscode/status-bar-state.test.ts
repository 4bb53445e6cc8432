import assert from 'node:assert/strict';
import { shownBudget, statusBarState as stateAt } from '../../../src/hosts/vscode/status-bar-state.ts';
import type { RuntimeState } from '../../../src/hosts/vscode/runtime-host.ts';
import type { Snapshot } from '../../../src/protocol/snapshot.ts';
import { budgetUse, runView, snapshot, stopView } from '../../support/rows.ts';
import { laneView } from '../../support/views.ts';

const usd = 1_000_000_000;

const now = new Date(2026, 5, 17, 12).getTime();
const statusBarState = (state: RuntimeState, trusted: boolean): ReturnType<typeof stateAt> =>
  stateAt(state, trusted, now);

function running(changes: Partial<Snapshot>): RuntimeState {
  const welcome = { runtimeId: 'r', version: '0', databasePath: 'x' };
  return { kind: 'running', welcome, snapshot: { ...snapshot, ...changes } };
}

describe('statusBarState', () => {
  it('shows spent, limit and whole percent, all rounded down', () => {
    const state = statusBarState(
      running({ runs: [runView({})], budgets: [budgetUse({ used: 1.239 * usd, limit: 5 * usd })] }),
      true,
    );
    assert.equal(state.text, '$(sync~spin) $1.23 / $5.00 · 24 %');
    assert.equal(state.level, 'normal');
  });

  it('is quiet when nothing runs and nothing was spent', () => {
    assert.equal(statusBarState({ kind: 'idle' }, true).text, '$(pulse) HAiOS');
    assert.equal(statusBarState(running({ budgets: [budgetUse({})] }), true).text, '$(pulse) HAiOS');
    assert.equal(statusBarState(running({}), true).text, '$(pulse) HAiOS');
  });

  it('keeps showing what was spent after the run', () => {
    const state = statusBarState(running({ budgets: [budgetUse({ used: usd })] }), true);
    assert.equal(state.text, '$(pulse) $1.00 / $5.00 · 20 %');
  });

  it('warns from 90 % and is an error from 100 %', () => {
    const levels = [0.89, 0.9, 0.99, 1, 1.2].map(
      (ratio) => statusBarState(running({ budgets: [budgetUse({ used: ratio * 5 * usd })] }), true).level,
    );
    assert.deepEqual(levels, ['normal', 'warning', 'warning', 'error', 'error']);
  });

  it('is an error while the newest run was stopped by a budget, though usd never pass 100 %', () => {
    const stopped = runView({ runId: 'b', g: 2, status: 'budget_exceeded' });
    const budgets = [budgetUse({ used: usd })];
    assert.equal(
      statusBarState(running({ budgets, runs: [runView({ status: 'succeeded' }), stopped] }), true).level,
      'error',
    );
    const newer = runView({ runId: 'c', g: 3, status: 'succeeded' });
    assert.equal(statusBarState(running({ budgets, runs: [stopped, newer] }), true).level, 'normal');
    const waits = runView({ g: 4, status: 'waiting', waiting: 'budget' });
    assert.equal(statusBarState(running({ budgets, runs: [waits] }), true).level, 'error');
  });

  it('shows the budget that a run waits for, as it is now, and says what is to be done', () => {
    const stop = stopView({});
    const day = budgetUse({ name: 'day', window: 'day', scope: 'user', key: 'user', used: 4.9 * usd });
    const run = budgetUse({ limit: usd, used: usd });
    const runs = [runView({ g: 12, status: 'waiting', waiting: 'budget' })];
    const state = statusBarState(running({ runs, stops: [stop], budgets: [day, run] }), true);
    assert.equal(state.text, '$(error) $1.00 / $1.00 · 100 %');
    assert.equal(state.level, 'error');
    assert.equal(state.label, 'HAiOS: 1 running, $1.00 / $1.00 · 100 %, run g12 waits for a budget');
    assert.deepEqual(state.tooltip.slice(0, 3), [
      'Run g12 stopped: run budget $1.00 is used up',
      '$0.98 spent, the next call may cost $0.11; click to decide',
      'usd, day: $4.90 / $5.00 · 98 %',
    ]);
    const later = stopView({ freesAt: new Date(2026, 5, 18).getTime(), waits: true });
    assert.match(
      statusBarState(running({ runs, stops: [later] }), true).tooltip[1] ?? '',
      /; goes on by itself tomorrow at 00:00$/,
    );
    const other = runView({ runId: 'run-2', g: 13 });
    assert.match(statusBarState(running({ runs: [...runs, other], stops: [stop] }), true).text, /^\$\(sync~spin\)/);
  });

  it('says of each budget what changed it, when it resets and how long it lasts, and of many the fullest', () => {
    const midnight = new Date(2026, 5, 18).getTime();
    const day = budgetUse({
      name: 'day',
      window: 'day',
      limit: 2 * usd,
      used: usd,
      overridden: { limit: usd, until: midnight },
      resetsAt: midnight,
      endsAt: new Date(2026, 5, 17, 16, 40).getTime(),
    });
    const many = Array.from({ length: 30 }, (_, n) => ({ ...day, key: String(n) }));
    const { tooltip } = statusBarState(running({ budgets: many }), true);
    assert.equal(
      tooltip[0],
      'usd, day: $1.00 / $2.00 · 50 %, raised from $1.00 until 00:00, resets 00:00, at this pace the day’s budget ends at 16:40',
    );
    assert.equal(tooltip[8], '22 more budgets in the panel');
  });

  it('marks what today’s sum holds of estimates and of other models’ prices, and what it lacks', () => {
    const today = { nusd: usd, tokens: 1000, estimated: true, reckoned: true, unpricedCalls: 2 };
    const said = (sum: typeof today): string | undefined =>
      statusBarState(running({ today: sum }), true).tooltip.find((line) => line.startsWith('Today'));
    assert.equal(
      said(today),
      'Today: ≈ $1.00 + 2 unpriced, 1,000 tokens, partly estimated, partly reckoned at another model’s prices',
    );
    assert.equal(said({ ...today, nusd: 0, reckoned: false }), 'Today: unpriced, 1,000 tokens, partly estimated');
  });

  it('says that a person is asked', () => {
    const state = statusBarState(running({ runs: [runView({ status: 'waiting', waiting: 'approval' })] }), true);
    assert.match(state.text, /^\$\(question\)/);
  });

  it('says that the runtime is lost', () => {
    const state = statusBarState({ kind: 'lost', message: 'It ended.' }, true);
    assert.equal(state.level, 'error');
    assert.deepEqual(state.tooltip, ['It ended.']);
  });

  it('lists every resource, with what is reserved, and restricted mode', () => {
    const budgets = [
      budgetUse({ used: usd, reserved: usd / 2 }),
      budgetUse({ name: 'run', resource: 'tokens', used: 12_345, limit: 2_000_000 }),
      budgetUse({ name: 'model gpt-5*', window: 'day', resource: 'mem_bytes', used: 2 ** 28, limit: 2 ** 29 }),
    ];
    const { tooltip } = statusBarState(running({ budgets }), false);
    assert.deepEqual(tooltip.slice(0, 3), [
      'usd, run: $1.00 / $5.00 · 20 %, $0.50 reserved',
      'tokens, run: 12.3k tokens / 2M tokens · 0 %',
      'mem_bytes, model gpt-5*, day: 256 MiB / 512 MiB · 50 %',
    ]);
    assert.match(tooltip.at(-1) ?? '', /Restricted mode/);
  });

  it('shows that lanes were stopped, even while runs seem to go on, and says what keeps calls from going on', () => {
    const call = { runId: 'run-1', startedAt: 0, limitMs: 1, limitReason: 'usual' };
    const lanes = [
      { ...laneView('tool_call', 2, 8, 12), late: [{ ...call, what: 'npm test', phase: 'kill' as const }] },
      {
        ...laneView('model_call', 0, 2),
        configured: 4,
        load: { reason: '2 of 4 slots: the provider answered 429', until: 9e15 },
      },
      { ...laneView('file_read', 0, 20), configured: 16, borrowed: 4 },
    ];
    const open = statusBarState(running({ runs: [runView({})], lanes }), true);
    assert.deepEqual([open.text, open.level], ['$(sync~spin) HAiOS', 'normal']);
    const [tool, ...others] = lanes;
    assert.ok(tool !== undefined);
    const paused = statusBarState(
      running({ runs: [runView({})], lanes: [{ ...tool, state: 'paused' }, ...others] }),
      true,
    );
    assert.deepEqual([paused.text, paused.level], ['$(debug-pause) HAiOS', 'warning']);
    assert.equal(paused.label, 'HAiOS: 1 running, nothing spent, lane tool call paused');
    assert.deepEqual(paused.tooltip.slice(1, 4), [
      'Lane tool call is paused: nothing starts, 12 waiting',
      'Lane tool call: npm test killed but not dead, holds its slot',
      'Lane model call: 2 of 4 slots: the provider answered 429',
    ]);
    const all = lanes.map((lane) => ({ ...lane, state: 'draining' as const }));
    assert.match(statusBarState(running({ lanes: all }), true).label, /, 3 lanes stopped$/);
    const asked = runView({ status: 'waiting', waiting: 'approval' });
    assert.match(statusBarState(running({ runs: [asked], lanes: all }), true).text, /^\$\(question\)/);
  });

  it('lets no prompt into its text', () => {
    const runs = [runView({ prompt: '$(zap) [x](command:evil)' })];
    const state = statusBarState(running({ runs }), true);
    assert.ok(!state.text.includes('zap'));
    assert.ok(!state.tooltip.join().includes('$(zap)'));
  });
});

describe('shownBudget', () => {
  const tokens = budgetUse({ name: 'tokens', resource: 'tokens', used: 95, limit: 100 });

  it('takes the fullest budget of usd once money was spent', () => {
    const day = budgetUse({ name: 'day', window: 'day', used: 2 * usd, limit: 40 * usd });
    const run = budgetUse({ name: 'run', used: 2 * usd });
    assert.equal(shownBudget([tokens, day, run])?.name, 'run');
  });

  it('takes the fullest of any when no money was spent', () => {
    assert.equal(shownBudget([budgetUse({}), tokens])?.name, 'tokens');
  });

  it('has none without budgets', () => {
    assert.equal(shownBudget([]), null);
  });
});
