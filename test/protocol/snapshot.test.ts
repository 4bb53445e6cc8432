import assert from 'node:assert/strict';
import { applyDelta } from '../../src/protocol/snapshot.ts';
import { snapshotWith } from '../support/views.ts';

describe('hosts/cli/snapshots', () => {
  it('applies the next delta, passes over old ones and asks after a gap', () => {
    const base = snapshotWith({ seq: 4 });
    const next = applyDelta(base, { seq: 5, changed: { global: { active: 2, limit: 32 } } });
    assert.deepEqual(next, { ...base, seq: 5, global: { active: 2, limit: 32 } });
    assert.equal(applyDelta(base, { seq: 4, changed: { lanes: [] } }), base);
    assert.equal(applyDelta(base, { seq: 6, changed: {} }), 'gap');
  });
});
