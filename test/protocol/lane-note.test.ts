import assert from 'node:assert/strict';
import { laneNote, slotsTaken } from '../../src/protocol/lane-note.ts';
import type { LaneView } from '../../src/protocol/snapshot.ts';
import { laneView } from '../support/views.ts';

const text = (changes: Partial<LaneView>, now = 0): string | null => {
  const note = laneNote({ ...laneView('tool_call', 2, 8), ...changes }, now);
  return note === null ? null : `${note.kind}: ${note.text}, ${note.waitSeconds ?? 'starts'}`;
};

describe('protocol/lane-note', () => {
  it('says nothing of a lane that is as it was configured', () => {
    assert.equal(text({}), null);
  });

  it('tells borrowing from lending', () => {
    assert.equal(text({ borrowed: 3, limit: 11 }), 'borrows: borrows 3 slots from idle lanes, starts');
    assert.equal(text({ borrowed: -1, limit: 7 }), 'lends: lends 1 slot to busy lanes, starts');
  });

  it('gives load’s own reason, and for how long nothing starts', () => {
    const load = { reason: '2 of 4 slots: the provider answered 429.', until: 12_000 };
    const changes = { limit: 2, configured: 4, load };
    assert.equal(text(changes), 'load: 2 of 4 slots: the provider answered 429, 12');
    assert.equal(text(changes, 11_001), 'load: 2 of 4 slots: the provider answered 429, 1');
    assert.equal(text(changes, 12_000), 'load: 2 of 4 slots: the provider answered 429, starts');
    assert.equal(text({ load: { ...load, until: null } }), 'load: 2 of 4 slots: the provider answered 429, starts');
  });

  it('counts as taken what is neither there nor lent', () => {
    const taken = (limit: number, borrowed: number): number =>
      slotsTaken({ ...laneView('tool_call', 0, 8), limit, borrowed });
    assert.deepEqual([taken(8, 0), taken(3, 0), taken(6, -2), taken(4, -2), taken(10, 4)], [0, 5, 0, 2, 2]);
  });

  it('puts what a person did before what load did', () => {
    const load = { reason: 'x', until: 5000 };
    assert.equal(text({ state: 'paused', load }), 'paused: nothing starts, starts');
    assert.equal(text({ state: 'draining', load }), 'draining: new calls are refused, starts');
    assert.equal(text({ state: 'draining', active: 0 }), 'draining: empty; new calls are refused, starts');
  });
});
