import assert from 'node:assert/strict';
import { refusal } from '../../../src/core/budget/refusal.ts';
import { momentText } from '../../../src/protocol/moment-text.ts';
import { ask, limit } from '../../storage/support/rows.ts';

const now = new Date(2026, 10, 25, 15, 59, 59).getTime();
const moment = (...at: [number, number, number, number, number, number?]): string =>
  momentText(new Date(...at).getTime(), now);

describe('refusals', () => {
  it('name the moment as people say it, rounded up to the minute', () => {
    assert.equal(moment(2026, 10, 25, 16, 40), 'at 16:40');
    assert.equal(moment(2026, 10, 25, 16, 39, 1), 'at 16:40');
    assert.equal(moment(2026, 10, 26, 0, 0), 'tomorrow at 00:00');
    assert.equal(moment(2026, 10, 25, 23, 59, 30), 'tomorrow at 00:00');
    assert.equal(moment(2026, 10, 30, 0, 0), 'on Monday at 00:00');
    assert.equal(moment(2026, 11, 2, 9, 5), 'on 2026-12-02 at 09:05');
    assert.equal(momentText(now - 5000, now), 'at 16:00', 'what is past is about now');
  });

  it('count days of the calendar, also those of 23 and 25 hours', () => {
    for (const [month, day] of [
      [2, 28],
      [9, 24],
    ] as const) {
      const evening = new Date(2026, month, day, 23, 30).getTime();
      assert.match(momentText(new Date(2026, month, day + 1, 23, 45).getTime(), evening), /^tomorrow at 23:45$/);
    }
  });

  it('name the end of a calendar window for a call that fits into the next one, and none for one that never does', () => {
    const until = new Date(2026, 10, 26).getTime();
    const day = limit(1000, { name: 'day', window: 'day', until });
    const use = { settled: 950, held: 0, limit: 1000, override: null, freesAt: null };
    const fits = refusal(ask('c', { nusd: 100 }), { kind: 'refused', limit: day, use }, now);
    assert.match(fits.message, /It frees up tomorrow at 00:00\. Raise the budget/);
    assert.equal(fits.details['freesAt'], until);
    const never = refusal(ask('c', { nusd: 1001 }), { kind: 'refused', limit: day, use }, now);
    assert.match(never.message, /It does not free up by itself\./);
    assert.equal(never.details['freesAt'], null);
  });

  it('name the limit that is in force, and a quota as what it is', () => {
    const raised = { settled: 2_000_000_000, held: 0, limit: 2_000_000_000, override: null, freesAt: null };
    const refused = refusal(ask('c', { nusd: 5 }), { kind: 'refused', limit: limit(1e9), use: raised }, now);
    assert.match(refused.message, /^The user budget “user usd” of \$2\.00 does not allow this call: \$2\.00 is spent,/);
    const quota = limit(100, { name: 'quotas.task', resource: 'tokens', scope: 'task', key: 't' });
    const use = { settled: 95, held: 3, limit: 100, override: null, freesAt: null };
    const error = refusal(ask('c', { tokens: 10 }), { kind: 'refused', limit: quota, use }, now);
    assert.equal(error.code, 'QUOTA_EXCEEDED');
    assert.equal(
      error.message,
      'The quota quotas.task.tokens of 100 tokens does not allow this call: 95 tokens is spent, 3 tokens is held by running calls, and the call may cost up to 10 tokens. It does not free up by itself. Raise quotas.task.tokens and resume the run.',
    );
  });
});
