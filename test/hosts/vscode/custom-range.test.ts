import assert from 'node:assert/strict';
import { reportRange } from '../../../src/hosts/cli/report-range.ts';
import { checkCustomRange, parseCustomRange } from '../../../src/hosts/vscode/custom-range.ts';
import { inTimeZone } from '../../support/time-zone.ts';

const now = Date.UTC(2026, 10, 20, 12);

describe('the time of a report as it is typed', () => {
  inTimeZone('Europe/Berlin');

  it('is that of the command line', () => {
    for (const [from, to] of [
      ['2026-11-01', '2026-11-15'],
      ['2026-10-25', '2026-10-25'],
      ['2026-11-01T08:30', '2026-11-01T09:30:15Z'],
    ] as const) {
      const range = reportRange({ days: null, from, to }, now);
      assert.deepEqual(parseCustomRange(` ${from} `, `${to} `, now), { kind: 'range', range });
      assert.equal(checkCustomRange(from, to, now), null);
    }
  });

  it('goes until now without an end', () => {
    const since = Date.UTC(2026, 9, 31, 23);
    assert.deepEqual(parseCustomRange('2026-11-01', ' ', now), { kind: 'range', range: { since, until: null } });
  });

  it('is refused in the sentences of the command line, with the fields’ names', () => {
    for (const [from, to] of [
      ['2026-11', null],
      ['', null],
      ['2026-11-01', 'today'],
      ['2026-11-02', '2026-11-01'],
      ['2026-11-21', null],
    ] as const) {
      const said = checkCustomRange(from, to ?? '', now);
      assert.throws(
        () => reportRange({ days: null, from, to }, now),
        { message: said?.replaceAll('From', '--from').replaceAll('To', '--to') ?? 'nothing' },
        from,
      );
    }
    assert.equal(
      checkCustomRange('2026-11-02', '2026-11-01', now),
      'To “2026-11-01” is not after From “2026-11-02”; let the report end after it begins.',
    );
  });
});
