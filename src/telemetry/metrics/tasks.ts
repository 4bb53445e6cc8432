import { counter, histogram, type CreateFamily } from './family.ts';

/** Tasks as they end: how many, how long, what they cost. */
export const tasks: CreateFamily = (registry, prefix) => {
  const total = counter(registry, prefix, 'task_total');
  const duration = histogram(registry, prefix, 'task_duration_seconds');
  const cost = histogram(registry, prefix, 'task_cost_usd');
  /** Trace ids of the runs under way, for exemplars. */
  const traces = new Map<string, string>();
  return {
    observe(event) {
      if (event.type === 'run_changed') {
        if (event.run.endedAt === null) traces.set(event.run.runId, event.run.traceId);
        else traces.delete(event.run.runId);
      }
      if (event.type !== 'task_ended') return;
      const { task } = event;
      const traceId = traces.get(task.runId);
      total.inc({ type: task.type, result: task.status });
      duration.observe({ type: task.type, size: task.size }, event.durationMs / 1000, traceId);
      cost.observe({}, task.cost.nusd / 1e9, traceId);
    },
  };
};
