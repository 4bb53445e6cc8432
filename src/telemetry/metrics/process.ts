import { gauge, type CreateFamily } from './family.ts';

/** The runtime process itself, read at scrape. */
export const processFamily: CreateFamily = (registry, prefix, sources) => {
  gauge(registry, prefix, 'memory_bytes', (metric) => {
    const memory = sources.memory();
    for (const tier of ['rss', 'heap', 'external'] as const) metric.set({ tier }, memory[tier]);
  });
  gauge(registry, prefix, 'process_cpu_ratio', (metric) => metric.set(sources.cpuRatio()));
  gauge(registry, prefix, 'last_cost_report_timestamp_seconds', (metric) => {
    const at = sources.lastCostReportAt();
    if (at === null) metric.remove({});
    else metric.set(at / 1000);
  });
  return { observe() {} };
};
