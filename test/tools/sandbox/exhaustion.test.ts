import assert from 'node:assert/strict';
import type { CoreEvent } from '../../../src/core/events.ts';
import type { IssueRow } from '../../../src/protocol/rows.ts';
import { ExhaustionWatch } from '../../../src/tools/sandbox/exhaustion.ts';
import { fakeClock } from '../../support/fake-clock.ts';

function open() {
  const clock = fakeClock(1_000_000);
  const issues: IssueRow[] = [];
  const observe = (event: CoreEvent): void => {
    if (event.type === 'issue') issues.push(event.issue);
  };
  const setting = 'sandbox.processes';
  const watch = new ExhaustionWatch({ sandbox: 'process', setting, runtimeId: 'r1', clock, observe });
  return { clock, issues, watch };
}

const full = { total: 8, available: 0, waiting: 3 };

describe('the alert SandboxPoolExhaustion', () => {
  it('is raised once when work has waited at a full pool for 30 s, and closed when a tenth is free', async () => {
    const { clock, issues, watch } = open();
    watch.changed(full);
    await clock.advance(29_999);
    watch.changed({ ...full, waiting: 5 });
    assert.deepEqual(issues, []);
    await clock.advance(1);
    assert.deepEqual(issues, [
      {
        issueId: 'r1:SandboxPoolExhaustion:process',
        code: 'ALERT',
        message:
          'SandboxPoolExhaustion: All 8 places of the process sandbox have been taken for 30 s and 5 pieces of work wait; raise sandbox.processes or run less at once.',
        runId: null,
        at: 1_030_000,
        closedAt: null,
      },
    ]);
    watch.changed({ ...full, waiting: 0 });
    watch.changed(full);
    await clock.advance(60_000);
    assert.equal(issues.length, 1);
    watch.changed({ total: 8, available: 1, waiting: 0 });
    assert.equal(issues.length, 2);
    assert.deepEqual(issues[1], { ...(issues[0] ?? {}), closedAt: 1_090_000 });
    assert.equal(clock.pending(), 0);
  });

  it('is not raised when work only waits now and then, or the pool is merely full', async () => {
    const { clock, issues, watch } = open();
    watch.changed({ ...full, waiting: 0 });
    await clock.advance(60_000);
    for (let n = 0; n < 10; n++) {
      watch.changed(full);
      await clock.advance(20_000);
      watch.changed({ ...full, waiting: 0 });
    }
    await clock.advance(60_000);
    assert.deepEqual(issues, []);
  });

  it('takes a tenth of a large pool for enough', async () => {
    const { clock, issues, watch } = open();
    watch.changed({ total: 64, available: 7, waiting: 1 });
    await clock.advance(60_000);
    assert.deepEqual(issues, []);
    watch.changed({ total: 64, available: 6, waiting: 1 });
    await clock.advance(60_000);
    assert.equal(issues.length, 1);
  });

  it('is not disturbed by a clock that is set, and is closed with its runtime', async () => {
    const { clock, issues, watch } = open();
    watch.changed(full);
    clock.setWall(9_000_000);
    await clock.advance(30_000);
    assert.equal(issues.length, 1);
    watch.close();
    watch.close();
    assert.deepEqual(
      issues.map(({ closedAt }) => closedAt !== null),
      [false, true],
    );
    watch.changed(full);
    watch.close();
    await clock.advance(60_000);
    assert.equal(issues.length, 2);
  });
});
