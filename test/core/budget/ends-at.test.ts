import assert from 'node:assert/strict';
import fc from 'fast-check';
import { endsAt, recentMs } from '../../../src/core/budget/ends-at.ts';
import { hourMs } from '../../../src/core/budget/windows.ts';

const minute = 60_000;
const now = Date.UTC(2026, 5, 17, 14);
const day = { window: 'day', limit: 40, used: 10, recent: 5, now, resetsAt: now + 10 * hourMs } as const;

describe('when a budget ends at the pace of the last 15 minutes', () => {
  it('is the rest of it divided by the pace', () => {
    assert.equal(endsAt(day), now + 90 * minute);
    assert.equal(endsAt({ ...day, window: 'week', used: 39.5 }), now + 1.5 * minute);
  });

  it('is not, when nothing is used or the window ends before', () => {
    assert.equal(endsAt({ ...day, recent: 0 }), null);
    assert.equal(endsAt({ ...day, resetsAt: now + 90 * minute }), null);
    assert.equal(endsAt({ ...day, resetsAt: now + 90 * minute + 1 }), now + 90 * minute);
  });

  it('is now, when it is used up', () => {
    assert.equal(endsAt({ ...day, used: 40 }), now);
    assert.equal(endsAt({ ...day, limit: 3 }), now);
  });

  it('of a rolling hour reckons with what leaves it, and is not when as much leaves as comes', () => {
    const hour = { window: 'hour', limit: 100, used: 52, recent: 40, now, resetsAt: null } as const;
    // 40 in 15 minutes come, 12 in 45 minutes leave: 48 are left at 2.4 a minute.
    assert.equal(endsAt(hour), now + 20 * minute);
    assert.equal(endsAt({ ...hour, recent: 25, used: 30 }), null, '100 an hour is all that it allows');
    assert.equal(endsAt({ ...hour, recent: 30, used: 99 }) !== null, true);
  });

  it('of a rolling hour is when the sum over it reaches the limit, if all goes on evenly', () => {
    const amounts = fc.record({
      before: fc.double({ min: 0, max: 100, noNaN: true }),
      recent: fc.double({ min: 0.01, max: 100, noNaN: true }),
      room: fc.double({ min: 0.01, max: 200, noNaN: true }),
    });
    fc.assert(
      fc.property(amounts, ({ before, recent, room }) => {
        const used = before + recent;
        const limit = used + room;
        const end = endsAt({ window: 'hour', limit, used, recent, now, resetsAt: null });
        const perMs = recent / recentMs;
        if (end === null) return assert.ok(perMs * hourMs <= limit);
        const gone = Math.min(1, (end - now) / (hourMs - recentMs));
        const then = before * (1 - gone) + recent + perMs * (end - now);
        assert.ok(Math.abs(then - limit) <= perMs * 2 + 1e-6, `${then} is not ${limit}`);
      }),
    );
  });
});
