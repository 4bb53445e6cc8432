import assert from 'node:assert/strict';
import { runItem, spanItem } from '../../../src/hosts/vscode/trace-item.ts';
import { compareRuns } from '../../../src/hosts/vscode/trace-runs.ts';
import { runTransitions, type RunStatus } from '../../../src/catalogue/states.ts';
import { noCost, type SpanRow } from '../../../src/protocol/rows.ts';
import { runRow, runView, spanRow } from '../../support/rows.ts';

describe('runItem', () => {
  it('describes an ended run by number, state, duration, tokens and cost', () => {
    const cost = { ...noCost, tokens: { ...noCost.tokens, input: 1200, output: 34 }, nusd: 120_000_000 };
    const item = runItem(runRow({ g: 12, durationMs: 3250, cost }), null);
    assert.equal(item.label, 'inventory');
    assert.equal(item.description, 'g12 · $0.12 · 3.2 s · 1,234 tokens');
  });

  it('prefers what is live', () => {
    const item = runItem(
      runRow({ status: 'running' }),
      runView({ status: 'waiting', waiting: 'approval', elapsedMs: 61_000 }),
    );
    assert.match(item.description, /g1 · waits for approval · .* · 1 m 01 s/);
  });

  it('does not take over an old error once a run was resumed', () => {
    const failed = runRow({ status: 'failed', error: { code: 'TOOL_FAILED', message: 'old failure' } });
    assert.ok(runItem(failed, null).tooltip.includes('old failure'));
    assert.ok(!runItem(failed, runView({})).tooltip.includes('old failure'));
  });

  it('shows unknown prices as unknown, estimates as such, and another model’s prices by its name', () => {
    const money = (cost: Partial<typeof noCost>, priceAs: string | null): string | undefined =>
      runItem(runRow({ cost: { ...noCost, ...cost }, priceAs }), null).description.split(' · ')[1];
    assert.equal(money({ unpricedCalls: 2 }, null), 'unpriced');
    assert.equal(money({ unpricedCalls: 2, nusd: 10_000_000 }, null), '$0.01 + 2 unpriced');
    assert.equal(money({ nusd: 10_000_000, estimated: true }, null), '≈ $0.01');
    assert.equal(money({ nusd: 10_000_000 }, 'gpt-5-mini'), '$0.01 as gpt-5-mini');
  });

  it('offers cancelling, deciding and resuming in the states that allow it', () => {
    const contexts = Object.fromEntries(
      (Object.keys(runTransitions) as RunStatus[]).map((status) => [status, runItem(runRow({ status }), null).context]),
    );
    assert.deepEqual(contexts, {
      queued: 'run active going',
      running: 'run active going',
      waiting: 'run active going',
      succeeded: 'run ended',
      failed: 'run ended resumable',
      cancelled: 'run ended',
      budget_exceeded: 'run ended resumable',
      interrupted: 'run ended resumable',
    });
    const stopped = runItem(runRow({ status: 'waiting', waiting: 'budget' }), null);
    assert.equal(stopped.context, 'run active stopped');
  });

  it('draws failures in the colour of errors', () => {
    assert.deepEqual(runItem(runRow({ status: 'failed' }), null).icon, {
      name: 'error',
      color: 'list.errorForeground',
    });
    assert.deepEqual(spanItem(spanRow({ status: 'error' }), true).icon, {
      name: 'error',
      color: 'list.errorForeground',
    });
  });

  it('makes one short line of a long prompt', () => {
    const { label } = runItem(runRow({ prompt: `$(zap) first\nsecond\u0000\u202e ${'x'.repeat(200)}` }), null);
    assert.match(label, /^\$ \(zap\) first second x/);
    assert.equal(label.length, 80);
  });
});

describe('spanItem', () => {
  it('shows duration, tokens and cost, and leaves out what is zero', () => {
    assert.equal(spanItem(spanRow({ durationMs: 12.4 }), true).description, '12 ms');
    const priced = spanRow({ durationMs: 1500, tokens: 15_300, nusd: 4_200_000, estimated: true });
    assert.equal(spanItem(priced, true).description, '1.5 s · ≈ 15.3k tokens · ≈ $0.0042');
    assert.equal(spanItem(spanRow({ durationMs: null, status: 'running' }), true).description, 'running');
  });

  it('opens what has children, or may get some', () => {
    assert.equal(spanItem(spanRow({ children: 0 }), true).expandable, false);
    assert.equal(spanItem(spanRow({ children: 2 }), true).expandable, true);
    assert.equal(spanItem(spanRow({ children: 0, status: 'running' }), true).expandable, true);
  });

  it('offers to control tasks at work in this window, and to continue those that a person paused', () => {
    const event = (name: string): SpanRow['events'][number] => ({ name, at: 0, attributes: {} });
    const running = spanRow({ status: 'running', durationMs: null });
    const paused = { ...running, events: [event('paused')] };
    const continued = { ...paused, events: [...paused.events, event('continued')] };
    const context = (row: SpanRow, atWork: boolean): string => spanItem(row, atWork).context;
    assert.equal(context(running, true), 'span task pause retry cancel');
    assert.equal(context(paused, true), 'span task continue retry cancel');
    assert.equal(context(continued, true), 'span task pause retry cancel');
    assert.equal(context(running, false), 'span task', 'another window’s');
    assert.equal(context(spanRow({}), true), 'span task', 'ended');
    assert.equal(context({ ...running, kind: 'stage' }, true), 'span stage');
    assert.equal(spanItem(paused, true).description, 'paused');
    assert.equal(spanItem(paused, true).icon.name, 'debug-pause');
  });

  it('tells runs with equal span ids apart', () => {
    assert.notEqual(spanItem(spanRow({ runId: 'a' }), true).id, spanItem(spanRow({ runId: 'b' }), true).id);
  });
});

describe('compareRuns', () => {
  const rows = new Map([['run-1', runRow({})]]);

  it('sees a new trace, a new state and an unknown run, and nothing in a mere tick of the clock', () => {
    const seen = new Map<string, string>();
    const view = runView({ traceVersion: 1 });
    assert.deepEqual(compareRuns([view], rows, seen), { unknown: false, changed: ['run-1'], stale: ['run-1'] });
    assert.deepEqual(compareRuns([{ ...view, elapsedMs: 9000 }], rows, seen), {
      unknown: false,
      changed: [],
      stale: [],
    });
    assert.deepEqual(compareRuns([{ ...view, traceVersion: 2 }], rows, seen), {
      unknown: false,
      changed: ['run-1'],
      stale: [],
    });
    assert.deepEqual(compareRuns([{ ...view, traceVersion: 2, status: 'succeeded' }], rows, seen), {
      unknown: false,
      changed: ['run-1'],
      stale: ['run-1'],
    });
    assert.equal(compareRuns([runView({ runId: 'new' })], rows, seen).unknown, true);
  });
});
