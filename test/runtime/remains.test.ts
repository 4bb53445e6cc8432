import assert from 'node:assert/strict';
import type { IssueRow } from '../../src/protocol/rows.ts';
import { clearRemains } from '../../src/runtime/remains.ts';
import { alertPrefix } from '../../src/tools/sandbox/exhaustion.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { Bench } from '../storage/support/open.ts';

describe('what a buried runtime left', () => {
  const bench = new Bench();
  after(() => bench.end());

  it('its alerts are closed, and no other issue is', async () => {
    const storage = await bench.storage(bench.fresh());
    const issue = (issueId: string): IssueRow => ({
      issueId,
      code: 'ALERT',
      message: 'SandboxPoolExhaustion: full',
      runId: null,
      at: 1,
      closedAt: null,
    });
    const [dead, living] = [`${alertPrefix('dead')}thread`, `${alertPrefix('living')}thread`];
    const other: IssueRow = { ...issue('other'), code: 'BUDGET_EXCEEDED' };
    storage.write([dead, living].map((id) => ({ type: 'issue', row: issue(id) })));
    storage.write([{ type: 'issue', row: other }]);
    await storage.flush();
    const closed: IssueRow[] = [];
    const { endedCommands } = await clearRemains('dead', {
      storage,
      dataDir: bench.folder,
      host: 'here',
      clock: fakeClock(5000),
      observe: (event) => event.type === 'issue' && closed.push(event.issue),
    });
    assert.equal(endedCommands, 0);
    assert.deepEqual(closed, [{ ...issue(dead), closedAt: 5000 }]);
  });
});
