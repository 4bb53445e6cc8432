import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { metrics, type LabelValues, type MetricName, type MetricSpec } from '../../catalogue/metrics.ts';
import { HaiosError } from '../../core/errors.ts';
import type { Sources, TelemetryEvent } from '../signals.ts';
import { Series } from './series.ts';

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
  /** The series of these label values, in the catalogue's order of the labels; for what is heard thousands of times a second. */
  of(first?: string, second?: string): Series;
}

export function histogram(registry: Registry, prefix: string, name: MetricName): Observed {
  const spec: MetricSpec = metrics[name];
  const buckets = spec.buckets ?? [];
  const all: Series[] = [];
  const metric: Histogram<string> = new Histogram<string>({
    ...describe(registry, prefix, name),
    buckets: [...buckets],
    enableExemplars: true,
    collect: () => all.forEach((series) => series.tell(metric)),
  });
  for (const labels of combinations(spec.labels)) metric.zero(labels);
  const of = children(Object.keys(spec.labels), (labels) => {
    const series = new Series(labels, buckets);
    all.push(series);
    return series;
  });
  return {
    of,
    observe(labels, value, traceId) {
      const [first, second] = Object.keys(spec.labels).map((label) => labels[label]);
      of(first, second).observe(value, traceId);
    },
  };
}

/** A counter for what is heard thousands of times a second: summed here, told to the client when somebody scrapes. */
export function tally(
  registry: Registry,
  prefix: string,
  name: MetricName,
): (first: string, second: string) => { count: number } {
  const all: { readonly labels: Record<string, string>; count: number }[] = [];
  const metric: Counter<string> = new Counter<string>({
    ...describe(registry, prefix, name),
    collect() {
      for (const one of all) {
        metric.inc(one.labels, one.count);
        one.count = 0;
      }
    },
  });
  const of = children(Object.keys(metrics[name].labels), (labels) => {
    const one = { labels, count: 0 };
    all.push(one);
    return one;
  });
  for (const labels of combinations(metrics[name].labels)) metric.inc(labels, 0);
  return of;
}

/** One thing per combination of at most two label values, made at its first use. */
function children<T>(
  names: readonly string[],
  make: (labels: Record<string, string>) => T,
): (first?: string, second?: string) => T {
  if (names.length > 2) throw new HaiosError('INTERNAL', `A series of ${names.join(', ')} has more than two labels.`);
  const made = new Map<string | undefined, Map<string | undefined, T>>();
  return (first, second) => {
    const known = made.get(first)?.get(second);
    if (known !== undefined) return known;
    const values = [first, second];
    const child = make(Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])));
    const inner = made.get(first) ?? new Map<string | undefined, T>();
    made.set(first, inner.set(second, child));
    return child;
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
