import assert from 'node:assert/strict';
import { reportRange } from '../../../src/hosts/cli/report-range.ts';
import { inTimeZone } from '../../support/time-zone.ts';

const now = Date.UTC(2026, 10, 20);
const range = (from: string | null, to: string | null, days: string | null = null) =>
  reportRange({ days, from, to }, now);

describe('hosts/cli/report-range', () => {
  inTimeZone('Europe/Berlin');

  it('takes local days, the last one whole, also where clocks change', () => {
    assert.deepEqual(range('2026-11-01', '2026-11-15'), {
      since: Date.UTC(2026, 9, 31, 23),
      until: Date.UTC(2026, 10, 15, 23),
    });
    // The 25th of October 2026 has 25 hours.
    assert.deepEqual(range('2026-10-25', '2026-10-25'), {
      since: Date.UTC(2026, 9, 24, 22),
      until: Date.UTC(2026, 9, 25, 23),
    });
    assert.deepEqual(range('2026-11-01', null), { since: Date.UTC(2026, 9, 31, 23), until: null });
    assert.equal(range(null, null, '30'), null);
  });

  it('takes times, local unless they name their offset', () => {
    assert.deepEqual(range('2026-11-01T08:30', '2026-11-01T09:30:15Z'), {
      since: Date.UTC(2026, 10, 1, 7, 30),
      until: Date.UTC(2026, 10, 1, 9, 30, 15),
    });
  });

  it('refuses what is no time, no range, or one too many', () => {
    assert.throws(() => range('2026-11-01', null, '7'), /--days and --from are both given; keep one\./);
    assert.throws(() => range(null, '2026-11-01'), /--to is given without --from/);
    assert.throws(() => range('2026-11-02', '2026-11-01'), /--to “2026-11-01” is not after --from “2026-11-02”/);
    assert.throws(() => range('2026-12-01', null), /which is not past yet; give an earlier day\./);
    for (const wrong of [
      '0050-01-01',
      '2026-02-30',
      '2026-02-30T10:00',
      '2026-13-01',
      'yesterday',
      '1.11.2026',
      '2026-11-01T25:00',
    ])
      assert.throws(() => range(wrong, null), /--from is “.*”; give a day, for instance 2026-11-01, or a time/);
  });
});
