import assert from 'node:assert/strict';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { sources, span, traceId } from './fixtures.ts';

const series = (text: string, name: string): string | undefined =>
  text.split('\n').find((line) => line.startsWith(`${name} `));

describe('metrics: series that are counted in place', () => {
  it('add up over scrapes, each value once, in its bucket', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    const wait = 'haios_lane_wait_seconds';
    const labels = 'lane="critic",priority="low"';
    for (let scrape = 1; scrape <= 3; scrape += 1) {
      for (const waitMs of [0, 2, 1e9, Number.NaN, Infinity]) {
        metrics.observe({ type: 'call_waited', lane: 'critic', priority: 'low', waitMs });
      }
      const text = await metrics.text();
      assert.equal(series(text, `${wait}_count{${labels}}`), `${wait}_count{${labels}} ${3 * scrape}`);
      assert.equal(series(text, `${wait}_sum{${labels}}`), `${wait}_sum{${labels}} ${(0.002 + 1e6) * scrape}`);
      const bucket = (le: string): number =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${wait}_bucket{le="${le}",${labels}}`))
            ?.split(' ')[1],
        );
      assert.equal(bucket('+Inf'), 3 * scrape);
      const bounds = [...text.matchAll(new RegExp(`${wait}_bucket\\{le="([0-9.]+)",${labels}\\}`, 'g'))].map(
        ([, le]) => le ?? '',
      );
      assert.ok(bounds.length > 5);
      for (const le of bounds) assert.equal(bucket(le), (Number(le) >= 0.002 ? 2 : 1) * scrape, le);
      assert.equal(await metrics.text(), text, 'a scrape counts nothing');
    }
  });

  it('count calls by lane and result, and keep the trace of a bucket’s last call', async () => {
    const metrics = createMetrics({ prefix: 'haios_', sources: sources() });
    for (let n = 0; n < 5; n += 1) {
      metrics.observe({ type: 'span_ended', span: span(), payload: null });
      metrics.observe({
        type: 'call_ended',
        lane: 'file_read',
        result: n < 4 ? 'success' : 'timeout',
        ownMs: 0,
        durationMs: 1e9,
      });
    }
    const text = await metrics.openMetrics();
    assert.match(text, /haios_worker_calls_total\{lane="file_read",result="success"\} 4/);
    assert.match(text, /haios_worker_calls_total\{lane="file_read",result="timeout"\} 1/);
    const above = text.split('\n').find((line) => /worker_call_duration_seconds_bucket.*\+Inf.*file_read/.test(line));
    assert.match(above ?? '', new RegExp(` 5 # \\{trace_id="${traceId}"\\} 1000000 `));
  });
});
