import assert from 'node:assert/strict';
import { hourMs, windowEnd, windowStart } from '../../../src/core/budget/windows.ts';
import { inZone } from '../../support/zone.ts';

type Calendar = 'day' | 'week';

/** When a window begins and ends, UTC, and how many hours it has. */
function spanOf(window: Calendar, at: string): readonly [string, string, number] {
  const now = Date.parse(at);
  const start = windowStart(window, now);
  const end = windowEnd(window, now) ?? Number.NaN;
  return [iso(start), iso(end), (end - start) / hourMs];
}
const iso = (at: number): string => new Date(at).toISOString().replace(':00.000Z', 'Z');

describe('budget windows', () => {
  it('roll by the hour, and never begin for a lifetime', () => {
    const now = Date.parse('2026-06-17T12:00Z');
    assert.deepEqual([windowStart('hour', now), windowEnd('hour', now)], [now - 3_600_000, null]);
    assert.deepEqual([windowStart('lifetime', now), windowEnd('lifetime', now)], [0, null]);
  });

  it('are days and weeks of the calendar, local time, weeks from Monday', () => {
    inZone('Europe/Berlin', () => {
      assert.deepEqual(spanOf('day', '2026-06-17T12:00Z'), ['2026-06-16T22:00Z', '2026-06-17T22:00Z', 24]);
      assert.deepEqual(spanOf('week', '2026-06-17T12:00Z'), ['2026-06-14T22:00Z', '2026-06-21T22:00Z', 168]);
      // Sunday's last moment, and Monday's first.
      assert.deepEqual(spanOf('week', '2026-06-21T21:59:59.999Z')[0], '2026-06-14T22:00Z');
      assert.deepEqual(spanOf('week', '2026-06-21T22:00Z')[0], '2026-06-21T22:00Z');
    });
  });

  it('trap: month end', () => {
    inZone('America/New_York', () => {
      assert.deepEqual(spanOf('day', '2026-02-01T04:59:59.999Z'), ['2026-01-31T05:00Z', '2026-02-01T05:00Z', 24]);
      assert.deepEqual(spanOf('day', '2026-02-01T05:00Z'), ['2026-02-01T05:00Z', '2026-02-02T05:00Z', 24]);
      assert.deepEqual(spanOf('day', '2026-02-28T12:00Z')[1], '2026-03-01T05:00Z');
      assert.deepEqual(spanOf('week', '2026-05-01T12:00Z'), ['2026-04-27T04:00Z', '2026-05-04T04:00Z', 168]);
    });
    inZone('UTC', () => {
      // A leap day, the last day of a year, and the week over it.
      assert.deepEqual(spanOf('day', '2028-02-28T12:00Z')[1], '2028-02-29T00:00Z');
      assert.deepEqual(spanOf('day', '2028-02-29T12:00Z'), ['2028-02-29T00:00Z', '2028-03-01T00:00Z', 24]);
      assert.deepEqual(spanOf('day', '2026-12-31T23:59:59.999Z'), ['2026-12-31T00:00Z', '2027-01-01T00:00Z', 24]);
      assert.deepEqual(spanOf('week', '2026-12-31T12:00Z'), ['2026-12-28T00:00Z', '2027-01-04T00:00Z', 168]);
      assert.deepEqual(spanOf('week', '2027-01-03T12:00Z'), ['2026-12-28T00:00Z', '2027-01-04T00:00Z', 168]);
    });
  });

  it('trap: DST night', () => {
    inZone('Europe/Berlin', () => {
      assert.deepEqual(spanOf('day', '2026-03-29T12:00Z'), ['2026-03-28T23:00Z', '2026-03-29T22:00Z', 23]);
      assert.deepEqual(spanOf('day', '2026-10-25T12:00Z'), ['2026-10-24T22:00Z', '2026-10-25T23:00Z', 25]);
      assert.deepEqual(spanOf('week', '2026-03-25T12:00Z'), ['2026-03-22T23:00Z', '2026-03-29T22:00Z', 167]);
      assert.deepEqual(spanOf('week', '2026-10-25T22:59Z'), ['2026-10-18T22:00Z', '2026-10-25T23:00Z', 169]);
      // Both of its two o'clocks are of the 25th, and an hour stays one.
      for (const at of ['2026-10-25T00:30Z', '2026-10-25T01:30Z']) {
        assert.equal(spanOf('day', at)[0], '2026-10-24T22:00Z');
        assert.equal(windowStart('hour', Date.parse(at)), Date.parse(at) - 3_600_000);
      }
    });
    // At midnight the clocks go to one: the day begins there, its week and the next day at their own midnights.
    inZone('America/Sao_Paulo', () => {
      assert.deepEqual(spanOf('day', '2018-11-04T12:00Z'), ['2018-11-04T03:00Z', '2018-11-05T02:00Z', 23]);
      assert.deepEqual(spanOf('week', '2018-11-04T12:00Z'), ['2018-10-29T03:00Z', '2018-11-05T02:00Z', 167]);
      assert.deepEqual(spanOf('day', '2018-11-04T02:59:59.999Z'), ['2018-11-03T03:00Z', '2018-11-04T03:00Z', 24]);
    });
    // At one they go back to midnight: it comes twice, and the day begins with the first.
    inZone('America/Havana', () => {
      for (const at of ['2025-11-02T04:00Z', '2025-11-02T05:30Z', '2025-11-03T04:59Z']) {
        assert.deepEqual(spanOf('day', at), ['2025-11-02T04:00Z', '2025-11-03T05:00Z', 25]);
      }
    });
  });

  it('follow each other without a gap over every change of the clocks, in every zone', () => {
    const [from, until] = [Date.UTC(2025, 0, 1), Date.UTC(2028, 0, 1)];
    let changes = 0;
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      inZone(zone, () => {
        let offset = new Date(from).getTimezoneOffset();
        for (let at = from; at < until; at += 12 * hourMs) {
          if (new Date(at).getTimezoneOffset() === offset) continue;
          offset = new Date(at).getTimezoneOffset();
          changes += 1;
          for (let near = at - 14 * hourMs; near <= at + 2 * hourMs; near += hourMs / 4) checkAround(near, zone);
        }
      });
    }
    assert.ok(changes > 500, `${changes} changes of the clocks were looked at`);
  });

  it('are of the zone that the process has now, not of the one it had', () => {
    const noon = '2026-06-17T12:00Z';
    const tokyo = inZone('Asia/Tokyo', () => spanOf('day', noon));
    const losAngeles = inZone('America/Los_Angeles', () => spanOf('day', noon));
    assert.deepEqual(
      [tokyo[0], losAngeles[0], inZone('Asia/Tokyo', () => spanOf('day', noon))[0]],
      ['2026-06-16T15:00Z', '2026-06-17T07:00Z', '2026-06-16T15:00Z'],
    );
  });
});

function checkAround(now: number, zone: string): void {
  for (const window of ['day', 'week'] as const) {
    const start = windowStart(window, now);
    const end = windowEnd(window, now) ?? Number.NaN;
    const days = window === 'day' ? 1 : 7;
    const where = `${window} of ${iso(now)} in ${zone}`;
    assert.ok(start <= now && now < end, where);
    assert.ok(Math.abs(end - start - days * 24 * hourMs) <= 2 * hourMs, where);
    assert.deepEqual([windowStart(window, start), windowEnd(window, start)], [start, end], where);
    assert.deepEqual([windowStart(window, end), windowEnd(window, end - 1)], [end, end], where);
    assert.equal(windowStart(window, end - 1), start, where);
    assert.equal(new Date(start - 1).getDate() !== new Date(start).getDate(), true, where);
    if (window === 'week') assert.equal(new Date(start).getDay(), 1, where);
  }
}
