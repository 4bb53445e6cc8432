import type { LaneName } from '../../catalogue/lanes.ts';
import { counter, histogram, tally, type CreateFamily } from './family.ts';

/** Worker calls: results, durations, waits, timeouts and rejections by lane. */
export const calls: CreateFamily = (registry, prefix) => {
  const total = tally(registry, prefix, 'worker_calls_total');
  const duration = histogram(registry, prefix, 'worker_call_duration_seconds');
  const waits = histogram(registry, prefix, 'lane_wait_seconds');
  const timeouts = counter(registry, prefix, 'worker_timeouts_total');
  const rejections = counter(registry, prefix, 'worker_rejections_total');
  const late = counter(registry, prefix, 'worker_late_results_total');
  const own = histogram(registry, prefix, 'response_duration_seconds');
  /** The trace of the lane's call that ended last: its span ends just before `call_ended` is told. */
  const traces = new Map<LaneName, string | undefined>();
  return {
    observe(event) {
      switch (event.type) {
        case 'span_ended':
          if (event.span.kind === 'worker_call' && event.span.lane !== null) {
            traces.set(event.span.lane, event.span.traceId);
          }
          return;
        case 'call_ended':
          total(event.lane, event.result).count += 1;
          duration.of(event.lane).observe(event.durationMs / 1000, traces.get(event.lane));
          own.of().observe(event.ownMs / 1000);
          traces.set(event.lane, undefined);
          return;
        case 'call_waited':
          waits.of(event.lane, event.priority).observe(event.waitMs / 1000);
          return;
        case 'call_timeout':
          timeouts.inc({ lane: event.lane, phase: event.phase });
          return;
        case 'late_result':
          late.inc({ lane: event.lane });
          return;
        case 'call_rejected':
          rejections.inc({ lane: event.lane, reason: event.reason });
          return;
        default:
          return;
      }
    },
  };
};
