import { metrics } from '../../catalogue/metrics.ts';
import { bounded, counter, histogram, type CreateFamily } from './family.ts';

/** Requests answered on the local port. */
export const http: CreateFamily = (registry, prefix) => {
  const status = bounded(metrics.http_requests_total.labels.status);
  const requests = counter(registry, prefix, 'http_requests_total');
  const duration = histogram(registry, prefix, 'http_request_duration_seconds');
  return {
    observe(event) {
      if (event.type !== 'http_served') return;
      requests.inc({ status: status(String(event.status)) });
      if (event.durationMs !== null) duration.observe({}, event.durationMs / 1000);
    },
  };
};
