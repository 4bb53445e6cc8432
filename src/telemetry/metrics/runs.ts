import { runOutcomes } from '../../catalogue/metrics.ts';
import { counter, gauge, type CreateFamily } from './family.ts';

const outcomes: ReadonlySet<string> = new Set(runOutcomes);

/** Runs under way and how runs ended. */
export const runs: CreateFamily = (registry, prefix) => {
  const total = counter(registry, prefix, 'run_total');
  const active = new Set<string>();
  gauge(registry, prefix, 'run_active', (metric) => metric.set(active.size));
  return {
    observe(event) {
      if (event.type !== 'run_changed') return;
      const { runId, status } = event.run;
      if (!outcomes.has(status)) {
        active.add(runId);
        return;
      }
      active.delete(runId);
      if (event.from !== status) total.inc({ outcome: status });
    },
  };
};
