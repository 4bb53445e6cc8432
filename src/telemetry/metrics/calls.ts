import type { LaneName } from '../../catalogue/lanes.ts';
import { counter, histogram, type CreateFamily } from './family.ts';

/** Worker calls: results, durations, waits, timeouts and rejections by lane. */
export const calls: CreateFamily = (registry, prefix) => {
  const total = counter(registry, prefix, 'worker_calls_total');
  const duration = histogram(registry, prefix, 'worker_call_duration_seconds');
  const waits = histogram(registry, prefix, 'lane_wait_seconds');
  const timeouts = counter(registry, prefix, 'worker_timeouts_total');
  const rejections = counter(registry, prefix, 'worker_rejections_total');
  const late = counter(registry, prefix, 'worker_late_results_total');
  const own = histogram(registry, prefix, 'response_duration_seconds');
  /** The trace of the lane's call that ended last: its span ends just before `call_ended` is told. */
  const traces = new Map<LaneName, string>();
  return {
    observe(event) {
      if (event.type === 'span_ended' && event.span.kind === 'worker_call' && event.span.lane !== null) {
        traces.set(event.span.lane, event.span.traceId);
      } else if (event.type === 'call_ended') {
        total.inc({ lane: event.lane, result: event.result });
        duration.observe({ lane: event.lane }, event.durationMs / 1000, traces.get(event.lane));
        own.observe({}, event.ownMs / 1000);
        traces.delete(event.lane);
      } else if (event.type === 'call_waited') {
        waits.observe({ lane: event.lane, priority: event.priority }, event.waitMs / 1000);
      } else if (event.type === 'call_timeout') {
        timeouts.inc({ lane: event.lane, phase: event.phase });
      } else if (event.type === 'late_result') {
        late.inc({ lane: event.lane });
      } else if (event.type === 'call_rejected') {
        rejections.inc({ lane: event.lane, reason: event.reason });
      }
    },
  };
};
