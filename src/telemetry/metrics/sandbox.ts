import { counter, gauge, type CreateFamily } from './family.ts';

/** Places of the sandbox pools, read at scrape, and how often they were used and found full. */
export const sandbox: CreateFamily = (registry, prefix, sources) => {
  gauge(registry, prefix, 'sandbox_pool_total', (metric) => {
    for (const { sandbox, total } of sources.sandboxes()) metric.set({ sandbox_type: sandbox }, total);
  });
  gauge(registry, prefix, 'sandbox_pool_available', (metric) => {
    for (const { sandbox, available } of sources.sandboxes()) metric.set({ sandbox_type: sandbox }, available);
  });
  const executions = counter(registry, prefix, 'sandbox_executions_total');
  const exhausted = counter(registry, prefix, 'sandbox_exhausted_total');
  return {
    observe(event) {
      if (event.type === 'sandbox_used') executions.inc({ sandbox_type: event.sandbox });
      else if (event.type === 'sandbox_exhausted') exhausted.inc({ sandbox_type: event.sandbox });
    },
  };
};
