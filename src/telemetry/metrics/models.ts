import { metrics } from '../../catalogue/metrics.ts';
import { bounded, counter, gauge, histogram, type CreateFamily } from './family.ts';

/** Calls to language models: latency, time to the first token, errors. A cancelled call is neither good nor bad. */
export const models: CreateFamily = (registry, prefix, sources) => {
  const model = bounded(metrics.model_latency_seconds.labels.model, sources.known().models);
  const latency = histogram(registry, prefix, 'model_latency_seconds');
  const ttft = histogram(registry, prefix, 'model_ttft_seconds');
  const errors = counter(registry, prefix, 'model_errors_total');
  const consecutive = gauge(registry, prefix, 'model_consecutive_failures');
  return {
    observe(event) {
      if (event.type !== 'model_called') return;
      const label = { model: model(event.model) };
      latency.observe(label, event.latencyMs / 1000);
      if (event.ttftMs !== null) ttft.observe(label, event.ttftMs / 1000);
      if (event.error === null) consecutive.set(label, 0);
      else if (event.error !== 'CANCELLED') {
        errors.inc({ ...label, kind: event.error });
        consecutive.inc(label);
      }
    },
  };
};
