import type { Histogram } from 'prom-client';

interface Exemplar {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** The client's own record of a series. It takes values one at a time only, each at the cost of a look-up by label text. */
interface ClientRecord {
  sum: number;
  count: number;
  readonly bucketValues: Record<string, number>;
  readonly bucketExemplars: Record<string, Exemplar | null>;
}

/** What the client calls the bucket above the last bound. */
const above = -1;

/** One series of a histogram: counted here, added to the client's record when somebody scrapes. */
export class Series {
  readonly #labels: Record<string, string>;
  readonly #bounds: readonly number[];
  #counts: number[];
  #exemplars: (Exemplar | undefined)[] = [];
  #sum = 0;
  #count = 0;

  constructor(labels: Record<string, string>, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0).concat(0);
  }

  /** What is no finite number is left out. */
  observe(value: number, traceId?: string): void {
    if (!Number.isFinite(value)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sum += value;
    if (traceId === undefined) return;
    this.#exemplars[bucket] = { labelSet: { trace_id: traceId }, value, timestamp: Date.now() / 1000 };
  }

  tell(metric: Histogram<string>): void {
    if (this.#count === 0) return;
    const record = recordOf(metric, this.#labels);
    record.sum += this.#sum;
    record.count += this.#count;
    for (const [bucket, count] of this.#counts.entries()) {
      const bound = String(this.#bounds[bucket] ?? above);
      if (bucket < this.#bounds.length) record.bucketValues[bound] = (record.bucketValues[bound] ?? 0) + count;
      const exemplar = this.#exemplars[bucket];
      if (exemplar !== undefined) record.bucketExemplars[bound] = exemplar;
    }
    this.#counts.fill(0);
    this.#exemplars = [];
    this.#sum = 0;
    this.#count = 0;
  }
}

function recordOf(metric: Histogram<string>, labels: Record<string, string>): ClientRecord {
  const { store } = metric as unknown as { store: { entry(labels: Record<string, string>): ClientRecord | undefined } };
  const known = store.entry(labels);
  if (known !== undefined) return known;
  metric.zero(labels);
  return recordOf(metric, labels);
}
