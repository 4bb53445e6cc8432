import { Counter, Registry } from 'prom-client';
import { requiredMetrics } from '../catalogue/metrics.ts';
import { HaiosError } from '../core/errors.ts';
import { agents } from './metrics/agents.ts';
import { budgets } from './metrics/budgets.ts';
import { calls } from './metrics/calls.ts';
import type { CreateFamily } from './metrics/family.ts';
import { gate } from './metrics/gate.ts';
import { http } from './metrics/http.ts';
import { lanes } from './metrics/lanes.ts';
import { models } from './metrics/models.ts';
import { processFamily } from './metrics/process.ts';
import { runs } from './metrics/runs.ts';
import { sandbox } from './metrics/sandbox.ts';
import { spend } from './metrics/spend.ts';
import { storage } from './metrics/storage.ts';
import { tasks } from './metrics/tasks.ts';
import type { Sources, TelemetryEvent } from './signals.ts';

const families: readonly CreateFamily[] = [
  tasks,
  runs,
  spend,
  calls,
  lanes,
  budgets,
  gate,
  agents,
  models,
  sandbox,
  storage,
  http,
  processFamily,
];

export interface Metrics {
  /** Feeds one event to every family. Never throws on a valid event. */
  observe(event: TelemetryEvent): void;
  /** The Prometheus text format, version 0.0.4. */
  text(): Promise<string>;
  /** OpenMetrics 1.0.0, with exemplars. */
  openMetrics(): Promise<string>;
  /** Required series (names with the prefix) that the text lacks; empty when all is well. */
  missing(): Promise<readonly string[]>;
}

/** One set of series with its own registries. Throws CONFIG_INVALID for a prefix that no metric name may begin with. */
export function createMetrics({ prefix, sources }: { readonly prefix: string; readonly sources: Sources }): Metrics {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/.test(prefix)) {
    throw new HaiosError(
      'CONFIG_INVALID',
      `The metrics prefix "${prefix.slice(0, 80)}" is no valid beginning of a metric name; use letters, digits and _, at most 64, not beginning with a digit.`,
    );
  }
  // Exemplars exist in OpenMetrics registries only, so the metrics are made in one and lent to the other.
  const open = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  const plain = new Registry(Registry.PROMETHEUS_CONTENT_TYPE);
  const parts = families.map((create) => create(open, prefix, sources));
  const all = open.getMetricsAsArray().flatMap(({ name }) => open.getSingleMetric<string>(name) ?? []);
  for (const metric of all) plain.registerMetric(metric);
  const counters = all.filter((metric) => metric instanceof Counter) as unknown as { name: string }[];
  const names = counters.map((metric) => metric.name);

  const text = (): Promise<string> => plain.metrics();
  return {
    observe(event) {
      for (const part of parts) part.observe(event);
    },
    text,
    openMetrics() {
      const rendered = open.metrics();
      // The client takes `_total` off the counters' names while it renders; every name is read before its first
      // await, so they can be given back here and no other scrape sees them changed.
      counters.forEach((metric, index) => (metric.name = names[index] ?? metric.name));
      return rendered;
    },
    async missing() {
      const lines = (await text()).split('\n');
      return requiredMetrics
        .map((name) => prefix + name)
        .filter(
          (name) =>
            !lines.some(
              (line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `) || line.startsWith(`${name}_count`),
            ),
        );
    },
  };
}
