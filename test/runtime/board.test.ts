import assert from 'node:assert/strict';
import type { CoreEvent } from '../../src/core/events.ts';
import type { IssueRow } from '../../src/protocol/rows.ts';
import { noticeOf } from '../../src/runtime/board.ts';
import { EventFeed } from '../../src/runtime/event-feed.ts';

const issue = (over: Partial<IssueRow>): IssueRow => ({
  issueId: 'issue-1',
  code: 'ALERT',
  message: 'SandboxPoolExhaustion: all 8 places are taken',
  runId: null,
  at: 1,
  closedAt: null,
  ...over,
});

describe('an issue that is raised', () => {
  it('is told by its own code, as an error only when it stopped a run', () => {
    const cases: [IssueRow['code'], string][] = [
      ['ALERT', 'warning'],
      ['COST_REPORT_MISSED', 'warning'],
      ['BUDGET_EXCEEDED', 'error'],
    ];
    for (const [code, level] of cases) {
      const { message, runId } = issue({ code });
      assert.deepEqual(noticeOf(issue({ code })), { level, code, message, runId });
      const feed = new EventFeed();
      const raised: CoreEvent = { type: 'issue', issue: issue({ code }) };
      assert.ok(feed.observe(raised, 2));
      assert.deepEqual(
        feed.views().map(({ level, text }) => [level, text]),
        [[level, message]],
      );
      assert.equal(feed.observe({ type: 'issue', issue: issue({ code, closedAt: 3 }) }, 3), false);
    }
  });
});
