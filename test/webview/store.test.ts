import assert from 'node:assert/strict';
import type { HostMessage } from '../../src/protocol/messages.ts';
import type { LaneView, Snapshot } from '../../src/protocol/snapshot.ts';
import { shown } from '../../webview/remote.ts';
import { drawn, elapsedNow, initialState, reduce, ticks } from '../../webview/store.ts';
import type { Action, PanelState } from '../../webview/store.ts';
import { callsQuery, costsQuery, firstView, readView } from '../../webview/view.ts';
import { callsPage, costRows, emptySnapshot, fullSnapshot, runView } from './fixtures.ts';

const host = (message: HostMessage, at = 0): Action => ({ type: 'host', message, at });
const snapshot = (value: Snapshot, at = 0, readOnly = false): Action =>
  host({ type: 'snapshot', snapshot: value, readOnly }, at);
const delta = (seq: number, changed: Partial<Omit<Snapshot, 'seq'>>, at = 0): Action =>
  host({ type: 'delta', delta: { seq, changed } }, at);
const play = (...actions: readonly Action[]): PanelState => actions.reduce(reduce, initialState());
const shownSnapshot = (state: PanelState): Snapshot =>
  drawn(state.connection)?.snapshot ?? assert.fail('nothing is drawn');

describe('panel: the store', () => {
  it('goes from connecting to live, to lost with the last state kept, and back', () => {
    const steps = [
      snapshot(emptySnapshot()),
      host({ type: 'lost', message: 'gone' }),
      snapshot({ ...fullSnapshot(), seq: 1 }),
    ];
    let state = initialState();
    const phases = [state.connection.phase];
    for (const step of steps) {
      state = reduce(state, step);
      phases.push(state.connection.phase);
    }
    assert.deepEqual(phases, ['connecting', 'live', 'lost', 'live']);
    const lost = play(...steps.slice(0, 2));
    assert.deepEqual(shownSnapshot(lost), emptySnapshot());
    assert.equal(drawn(reduce(initialState(), host({ type: 'lost', message: 'gone' })).connection), null);
  });

  it('applies deltas whole section by section and leaves the other sections as they are', () => {
    const before = play(snapshot(fullSnapshot()));
    const after = reduce(before, delta(2, { global: { active: 5, limit: 32 }, approvals: [] }));
    assert.deepEqual(shownSnapshot(after), {
      ...fullSnapshot(),
      seq: 2,
      global: { active: 5, limit: 32 },
      approvals: [],
    });
    assert.equal(shownSnapshot(after).runs, shownSnapshot(before).runs);
  });

  it('drops a delta it has had, and one that comes while nothing is drawn', () => {
    const live = play(snapshot(fullSnapshot()), delta(2, { runs: [] }));
    assert.equal(reduce(live, delta(2, { runs: fullSnapshot().runs })), live);
    assert.equal(reduce(live, delta(1, {})), live);
    const first = initialState();
    assert.equal(reduce(first, delta(1, { runs: [] })), first);
  });

  it('a missing delta opens a gap that only a snapshot closes', () => {
    const gap = play(snapshot(fullSnapshot()), delta(4, { runs: [] }));
    assert.equal(gap.connection.phase, 'gap');
    assert.equal(shownSnapshot(gap).runs.length, 5);
    assert.equal(reduce(gap, delta(2, { runs: [] })), gap);
    const closed = reduce(gap, snapshot({ ...fullSnapshot(), seq: 9, runs: [] }));
    assert.equal(closed.connection.phase, 'live');
    assert.equal(shownSnapshot(closed).seq, 9);
  });

  it('lets the clock of a running run tick evenly over early and late messages', () => {
    const at = (elapsedMs: number): readonly ReturnType<typeof runView>[] => [runView({ elapsedMs })];
    const start = play(snapshot({ ...emptySnapshot(), runs: at(10_000) }, 1000));
    const look = (state: PanelState, now: number): number =>
      elapsedNow(shownSnapshot(state).runs[0] ?? assert.fail(), state.connection, now);
    assert.equal(look(start, 3500), 12_500);
    const late = reduce(start, delta(2, { runs: at(11_600) }, 3000));
    assert.equal(look(late, 3500), 12_500);
    const jumped = reduce(late, delta(3, { runs: at(60_000) }, 4000));
    assert.equal(look(jumped, 4500), 60_500);
    const waiting = reduce(
      jumped,
      delta(4, { runs: [runView({ status: 'waiting', waiting: 'approval', elapsedMs: 61_000 })] }, 5000),
    );
    assert.equal(look(waiting, 99_000), 61_000);
    const lost = reduce(jumped, host({ type: 'lost', message: 'gone' }));
    assert.equal(look(lost, 99_000), 60_000);
  });

  it('asks for costs when they are first seen, and drops the answer to an older question', () => {
    const live = play(snapshot(fullSnapshot()));
    assert.equal(live.costs.state, 'idle');
    const seen = reduce(live, { type: 'showTab', tab: 'cost' });
    assert.equal(seen.costs.state, 'wanted');
    const asked = reduce(seen, { type: 'asked', what: 'costs', ticket: 1 });
    const other = [
      { type: 'groupBy', by: 'model' },
      { type: 'asked', what: 'costs', ticket: 2 },
    ] as const;
    const regrouped = other.reduce<PanelState>(reduce, asked);
    const late = reduce(regrouped, { type: 'costs', ticket: 1, outcome: { ok: true, value: costRows('run') } });
    assert.equal(late.costs.state, 'loading');
    const answered = reduce(late, { type: 'costs', ticket: 2, outcome: { ok: true, value: costRows('model') } });
    assert.deepEqual(shown(answered.costs), costRows('model'));
    const failed = reduce(late, {
      type: 'costs',
      ticket: 2,
      outcome: { ok: false, error: { code: 'TIMEOUT', message: 'late' } },
    });
    assert.deepEqual(failed.costs, { state: 'failed', message: 'late' });
  });

  it('marks sums as stale when money was spent, and keeps them in view while it reads them again', () => {
    const loaded = play(
      snapshot(fullSnapshot()),
      { type: 'showTab', tab: 'cost' },
      { type: 'asked', what: 'costs', ticket: 1 },
      { type: 'costs', ticket: 1, outcome: { ok: true, value: costRows('run') } },
    );
    const spent = reduce(
      loaded,
      delta(2, { today: { nusd: 1, tokens: 1, estimated: false, reckoned: false, unpricedCalls: 0 } }),
    );
    assert.equal(spent.costs.state === 'loaded' && spent.costs.stale, true);
    const again = reduce(spent, { type: 'refresh' });
    assert.equal(again.costs.state, 'wanted');
    assert.deepEqual(shown(again.costs), costRows('run'));
  });

  it('opens a row, turns its pages and opens a call, with the questions that belong to them', () => {
    const load = (ticket: number, cursor: string | null): readonly Action[] => [
      { type: 'asked', what: 'calls', ticket },
      { type: 'calls', ticket, outcome: { ok: true, value: callsPage(cursor) } },
    ];
    let state = play(
      snapshot(fullSnapshot()),
      { type: 'showTab', tab: 'cost' },
      { type: 'openRow', key: 'run-12', label: 'g12' },
    );
    const query = (): unknown => callsQuery(state.view, state.view.open ?? assert.fail());
    assert.deepEqual(query(), { by: 'run', key: 'run-12', days: 7, limit: 100, cursor: null });
    state = [...load(1, null), { type: 'nextPage' } as const].reduce(reduce, state);
    assert.deepEqual(query(), { by: 'run', key: 'run-12', days: 7, limit: 100, cursor: '100' });
    assert.equal(state.calls.state, 'wanted');
    state = [...load(2, '100'), { type: 'nextPage' } as const].reduce(reduce, state);
    assert.deepEqual(state.view.open?.cursors, ['100'], 'there is no page after the last');
    state = reduce(state, { type: 'openCall', callId: 'call-101' });
    assert.equal(state.explanation.state, 'wanted');
    state = reduce(state, { type: 'previousPage' });
    assert.deepEqual(
      [state.view.open, state.explanation],
      [{ key: 'run-12', label: 'g12', cursors: [], callId: null }, { state: 'idle' }],
    );
    state = reduce(state, { type: 'closeRow' });
    assert.deepEqual([state.view.open, state.calls], [null, { state: 'idle' }]);
  });

  it('a resource is made of all calls', () => {
    const view = { ...firstView, by: 'resource', days: 30 } as const;
    assert.deepEqual(costsQuery(view), { by: 'resource', days: 30, priceAs: null });
    assert.deepEqual(callsQuery(view, { key: 'tokens', label: 'Tokens', cursors: [], callId: null }), {
      by: 'all',
      key: '',
      days: 30,
      limit: 100,
      cursor: null,
    });
  });

  it('an answered approval cannot be answered twice, and is forgotten when it is gone', () => {
    const answered = play(snapshot(fullSnapshot()), { type: 'answer', id: 'a1' });
    assert.deepEqual(answered.answered, ['a1']);
    assert.deepEqual(reduce(answered, delta(2, { approvals: fullSnapshot().approvals })).answered, ['a1']);
    assert.deepEqual(reduce(answered, delta(2, { approvals: [] })).answered, []);
  });

  it('ticks only while something on screen moves with time alone', () => {
    const still = emptySnapshot();
    const [lane, ...others] = still.lanes;
    assert.ok(lane !== undefined);
    const withLane = (changes: Partial<LaneView>): Snapshot => ({
      ...still,
      lanes: [{ ...lane, ...changes }, ...others],
    });
    const call = { what: 'x', runId: 'r', phase: 'warning', startedAt: 0, limitMs: 1, limitReason: '' } as const;
    assert.deepEqual(
      [
        still,
        withLane({ load: { reason: 'x', until: null } }),
        withLane({ load: { reason: 'x', until: 5 } }),
        withLane({ late: [call] }),
        { ...still, runs: [runView()] },
        { ...still, runs: [runView({ status: 'waiting' })] },
      ].map(ticks),
      [false, false, true, true, true, false],
    );
  });

  it('takes up the view it had, and asks at once for what is in it', () => {
    const view = readView({
      tab: 'cost',
      runId: null,
      lane: 'critic',
      by: 'day',
      days: 30,
      open: { key: 'k', label: 'l', cursors: ['c'], callId: 'x' },
    });
    const state = initialState(view);
    assert.deepEqual([state.costs.state, state.calls.state, state.explanation.state], ['wanted', 'wanted', 'wanted']);
    assert.deepEqual(state.view.open, { key: 'k', label: 'l', cursors: ['c'], callId: 'x' });
    assert.equal(state.view.lane, 'critic');
  });

  it('a kept view that is not understood is the first view', () => {
    for (const bad of [null, 7, 'x', [], { tab: 'nope', lane: 'x', by: 3, days: 2, open: { key: 1 } }])
      assert.deepEqual(readView(bad), firstView);
  });
});
