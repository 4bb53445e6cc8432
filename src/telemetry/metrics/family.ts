import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { metrics, type LabelValues, type MetricName, type MetricSpec } from '../../catalogue/metrics.ts';
import type { Sources, TelemetryEvent } from '../signals.ts';

/** A few series that belong together: fed by events, or read from the sources at scrape. */
export interface Family {
  observe(event: TelemetryEvent): void;
}
export type CreateFamily = (registry: Registry, prefix: string, sources: Sources) => Family;

type Collect<M> = (metric: M) => void;

/** Makes the counter that the catalogue describes. Labels with closed sets only start at 0 in every combination. */
export function counter(
  registry: Registry,
  prefix: string,
  name: MetricName,
  collect?: Collect<Counter<string>>,
): Counter<string> {
  const spec: MetricSpec = metrics[name];
  const metric: Counter<string> = new Counter<string>({
    ...describe(registry, prefix, name),
    ...(collect === undefined ? {} : { collect: () => collect(metric) }),
  });
  if (collect === undefined) for (const labels of combinations(spec.labels)) metric.inc(labels, 0);
  return metric;
}

export function gauge(
  registry: Registry,
  prefix: string,
  name: MetricName,
  collect?: Collect<Gauge<string>>,
): Gauge<string> {
  const metric: Gauge<string> = new Gauge<string>({
    ...describe(registry, prefix, name),
    ...(collect === undefined ? {} : { collect: () => collect(metric) }),
  });
  return metric;
}

/** Seconds or other base units go in; `traceId` becomes the exemplar of the bucket. */
interface Observed {
  observe(labels: Readonly<Record<string, string>>, value: number, traceId?: string): void;
}

export function histogram(registry: Registry, prefix: string, name: MetricName): Observed {
  const spec: MetricSpec = metrics[name];
  const metric = new Histogram<string>({
    ...describe(registry, prefix, name),
    buckets: [...(spec.buckets ?? [])],
    enableExemplars: true,
  });
  for (const labels of combinations(spec.labels)) metric.zero(labels);
  return {
    observe(labels, value, traceId) {
      if (!Number.isFinite(value)) return;
      metric.observe({ labels, value, ...(traceId === undefined ? {} : { exemplarLabels: { trace_id: traceId } }) });
    },
  };
}

/**
 * Keeps a label inside its set. Free text is admitted until the cap is reached, then it is `other`; `|` becomes `/`,
 * because the client library joins label values with it, and control characters a space.
 */
export function bounded(values: LabelValues, admitted: readonly string[] = []): (value: string) => string {
  if (!('cap' in values)) {
    const closed = new Set(values);
    return (value) => (closed.has(value) ? value : 'other');
  }
  const seen = new Set<string>();
  const bound = (value: string): string => {
    const clean = value
      .replaceAll('|', '/')
      .replace(/\p{Cc}/gu, ' ')
      .slice(0, 100);
    if (clean === '' || (!seen.has(clean) && seen.size >= values.cap)) return 'other';
    seen.add(clean);
    return clean;
  };
  for (const value of admitted) bound(value);
  return bound;
}

/** Every combination of closed sets; none if a label is free text, one empty combination if there is no label. */
export function combinations(labels: Readonly<Record<string, LabelValues>>): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    if ('cap' in values) return [];
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return all;
}

function describe(registry: Registry, prefix: string, name: MetricName) {
  const spec: MetricSpec = metrics[name];
  return { name: prefix + name, help: spec.help, labelNames: Object.keys(spec.labels), registers: [registry] };
}
