import { counter, histogram, type CreateFamily } from './family.ts';

/** The registry's lock, the span buffer, batch commits and the exporter. */
export const storage: CreateFamily = (registry, prefix) => {
  const lockWait = histogram(registry, prefix, 'registry_lock_wait_seconds');
  const recorded = counter(registry, prefix, 'spans_recorded_total');
  const dropped = counter(registry, prefix, 'spans_dropped_total');
  const exported = counter(registry, prefix, 'spans_exported_total');
  const flush = histogram(registry, prefix, 'store_flush_seconds');
  return {
    observe(event) {
      if (event.type === 'lock_waited') lockWait.observe({}, event.waitMs / 1000);
      else if (event.type === 'spans_dropped') dropped.inc(event.spans);
      else if (event.type === 'spans_exported') exported.inc({ result: event.result }, event.spans);
      else if (event.type === 'store_flushed') {
        recorded.inc(event.spans);
        flush.observe({}, event.durationMs / 1000);
      }
    },
  };
};
