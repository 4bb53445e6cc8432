import assert from 'node:assert/strict';
import { HostFeed } from '../../src/runtime/host-feed.ts';
import { Snapshots, type SectionBuilders } from '../../src/runtime/snapshots.ts';
import type { SnapshotDelta } from '../../src/protocol/snapshot.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** Sections whose content is a number that grows. */
function counters(): { builders: SectionBuilders; bump: () => void } {
  let n = 0;
  const value = () => n as never;
  const builders: SectionBuilders = {
    runtime: value,
    runs: value,
    lanes: value,
    global: value,
    budgets: value,
    today: value,
    approvals: value,
    stops: value,
    issues: value,
    events: value,
  };
  return { builders, bump: () => void (n += 1) };
}

describe('snapshots and their deltas', () => {
  it('tells what changed at most ten times a second', async () => {
    const clock = fakeClock();
    const { builders, bump } = counters();
    const snapshots = new Snapshots(builders, clock);
    const told: SnapshotDelta[] = [];
    snapshots.subscribe((delta) => told.push(delta));
    for (let n = 0; n < 1000; n++) {
      bump();
      snapshots.touch('runs');
      await clock.advance(1);
    }
    await clock.advance(200);
    assert.ok(told.length >= 9 && told.length <= 12, `${told.length} deltas`);
    assert.deepEqual(told.at(-1)?.changed, { runs: 1000 });
    assert.deepEqual(
      told.map(({ seq }) => seq),
      told.map((_, at) => at + 1),
    );
  });

  it('FAULTS 22: folds what a slow host has not taken yet, numbered without a gap, and keeps the newest', async () => {
    const clock = fakeClock();
    const { builders, bump } = counters();
    const snapshots = new Snapshots(builders, clock);
    const sent: SnapshotDelta[] = [];
    let deliver = (): void => undefined;
    const feed = new HostFeed(snapshots, (delta) => {
      sent.push(delta);
      return new Promise((resolve) => (deliver = resolve));
    });
    const { seq } = feed.subscribe();
    for (const section of ['runs', 'lanes', 'budgets', 'runs'] as const) {
      bump();
      snapshots.touch(section);
      await clock.advance(200);
    }
    assert.equal(sent.length, 1, 'one on its way, the rest folded');
    deliver();
    await clock.advance(1);
    assert.equal(sent.length, 2);
    assert.deepEqual(Object.keys(sent[1]?.changed ?? {}).sort(), ['budgets', 'lanes', 'runs']);
    assert.equal(sent[1]?.changed.runs, 4);
    assert.deepEqual(
      sent.map((delta) => delta.seq),
      [seq + 1, seq + 2],
    );
  });
});
