import { pushSpan } from './rows/span.ts';
import type { Value } from './sql.ts';
import type { SpanWrite } from './storage.ts';

/** Spans as they travel to the writer thread: flat, since thousands of objects cost both threads far more. */
export interface SpanBatch {
  /** The values of one span after the other, in the order of `spanColumns`. */
  readonly values: readonly Value[];
  readonly payloads: readonly PayloadFields[];
  readonly count: number;
}
export interface PayloadFields {
  readonly span_id: string;
  readonly run_id: string;
  readonly input: string;
  readonly output: string;
}

interface Batch extends SpanBatch {
  readonly values: Value[];
  readonly payloads: PayloadFields[];
  count: number;
  content: number;
}

/** Spans that wait, in the order they came, in batches of at most `batchSpans`. */
export class SpanQueue {
  readonly #batchSpans: number;
  #batches: Batch[] = [];
  #added = 0;
  #taken = 0;
  #content = 0;

  constructor(batchSpans: number) {
    this.#batchSpans = batchSpans;
  }

  /** How many were ever added, and how many of them were taken. */
  get added(): number {
    return this.#added;
  }
  get taken(): number {
    return this.#taken;
  }
  get size(): number {
    return this.#added - this.#taken;
  }
  /** Characters of captured content that wait. */
  get content(): number {
    return this.#content;
  }

  add({ row, payload }: SpanWrite): void {
    const batch = this.#last();
    pushSpan(batch.values, row);
    batch.count += 1;
    this.#added += 1;
    if (payload === null) return;
    batch.payloads.push({ span_id: row.spanId, run_id: row.runId, ...payload });
    batch.content += payload.input.length + payload.output.length;
    this.#content += payload.input.length + payload.output.length;
  }

  /** The oldest batch, full or not. */
  take(): SpanBatch {
    const batch = this.#batches.shift() ?? emptyBatch();
    this.#taken += batch.count;
    this.#content -= batch.content;
    return { values: batch.values, payloads: batch.payloads, count: batch.count };
  }

  clear(): void {
    while (this.size > 0) this.take();
  }

  #last(): Batch {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.count < this.#batchSpans) return last;
    const next = emptyBatch();
    this.#batches.push(next);
    return next;
  }
}

function emptyBatch(): Batch {
  return { values: [], payloads: [], count: 0, content: 0 };
}
